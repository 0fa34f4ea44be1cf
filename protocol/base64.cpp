#include "protocol/base64.hpp"

#include <cstdint>

namespace caisson::protocol {
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

/// Padded; how much of the last four is padding follows from the size.
void encode(std::string& out, std::string_view bytes,
            std::string_view letters) {
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto word = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    const auto left = bytes.size() - i;
    out += letters[word >> 18];
    out += letters[word >> 12 & 63];
    out += left > 1 ? letters[word >> 6 & 63] : '=';
    out += left > 2 ? letters[word & 63] : '=';
  }
}

} // namespace

void append_base64(std::string& out, std::string_view bytes) {
  encode(out, bytes, alphabet);
}

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
  text.reserve((bytes.size() + 2) / 3 * 4);
  encode(text, bytes, url_alphabet);
  text.resize((bytes.size() * 4 + 2) / 3);
  return text;
}

} // namespace caisson::protocol
