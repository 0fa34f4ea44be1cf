#include "protocol/mcp/base64.hpp"

#include <cstdint>

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view url_alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Text without padding; its size tells how many bytes the end has.
std::optional<std::string> decode(std::string_view text,
                                  std::string_view letters) {
  if (text.size() % 4 == 1)
    return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (auto letter : text) {
    const auto value = letters.find(letter);
    if (value == letters.npos)
      return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(held >> bits & 0xff);
      held &= (1U << bits) - 1;
    }
  }
  if (held != 0)
    return std::nullopt;
  return bytes;
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  if (text.ends_with("=="))
    text.remove_suffix(2);
  else if (text.ends_with('='))
    text.remove_suffix(1);
  return decode(text, alphabet);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, url_alphabet);
}

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (auto byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += url_alphabet[held >> bits & 63];
    }
  }
  if (bits > 0)
    text += url_alphabet[held << (6 - bits) & 63];
  return text;
}

} // namespace caisson::protocol::mcp
