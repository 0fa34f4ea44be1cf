#include "protocol/mcp/session_id.hpp"

#include <algorithm>

#include "protocol/mcp/big_endian.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view session_purpose = "session";
constexpr std::size_t key_size = std::tuple_size_v<decltype(session::key)>;
// Key, revision, features, expiry.
constexpr std::size_t content_size = key_size + 2 + time_size;

} // namespace

std::string seal_session(const session& what, std::string_view principal,
                         const sealer& with, const sealing_salt& salt) {
  std::string content(what.key.begin(), what.key.end());
  content += static_cast<char>(what.spoken);
  content += static_cast<char>(to_bits(what.client));
  append_time(content, what.expires);
  return with.seal(session_purpose, principal, content, salt);
}

std::optional<session> open_session(std::string_view id,
                                    std::string_view principal,
                                    const sealer& with,
                                    std::chrono::sys_seconds now) {
  const auto content = with.open(session_purpose, principal, id);
  // A node of another release may seal more: that is no session of ours.
  if (!content || content->size() != content_size)
    return std::nullopt;
  const auto spoken = static_cast<std::uint8_t>((*content)[key_size]);
  if (spoken > static_cast<std::uint8_t>(latest_legacy))
    return std::nullopt;
  session result;
  std::copy_n(content->begin(), key_size, result.key.begin());
  result.spoken = static_cast<revision>(spoken);
  result.client
    = features_of(static_cast<std::uint8_t>((*content)[key_size + 1]));
  result.expires = read_time(std::string_view{*content}.substr(key_size + 2));
  if (now >= result.expires)
    return std::nullopt;
  return result;
}

} // namespace caisson::protocol::mcp
