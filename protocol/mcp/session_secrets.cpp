#include "protocol/mcp/session_secrets.hpp"

#include <algorithm>

#include <openssl/sha.h>

namespace caisson::protocol::mcp {
namespace {

constexpr std::size_t shortest = 32;
constexpr std::size_t most = 8;
constexpr std::string_view between = " ,";

sealing_secret secret_of(std::string_view text) {
  sealing_secret made{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         made.data());
  return made;
}

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
    found.push_back(secret_of(text.substr(0, size)));
    text.remove_prefix(size);
  }
  if (found.empty())
    return std::nullopt;
  return found;
}

} // namespace caisson::protocol::mcp
