#include "protocol/mcp/session_secrets.hpp"

#include <algorithm>

#include "protocol/digest.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::size_t shortest = 32;
constexpr std::size_t most = 8;
constexpr std::string_view between = " ,";

} // namespace

std::optional<std::vector<sealing_secret>>
read_session_secrets(std::string_view text) {
  std::vector<sealing_secret> found;
  for (;;) {
    const auto begin = text.find_first_not_of(between);
    if (begin == text.npos)
      break;
    text.remove_prefix(begin);
    const auto size = std::min(text.find_first_of(between), text.size());
    if (size < shortest || found.size() == most)
      return std::nullopt;
    found.push_back(sha256_of(text.substr(0, size)));
    text.remove_prefix(size);
  }
  if (found.empty())
    return std::nullopt;
  return found;
}

} // namespace caisson::protocol::mcp
