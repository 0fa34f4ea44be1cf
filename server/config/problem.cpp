#include "server/config/problem.hpp"

#include <algorithm>

namespace caisson::config {
namespace {

char visible(char c) {
  auto control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  return control ? '?' : c;
}

} // namespace

errc code_of(const problems& all) {
  if (all.empty())
    return errc::config_invalid;
  auto first = all.front().code;
  auto same = std::all_of(all.begin(), all.end(),
                          [=](auto& one) { return one.code == first; });
  return same ? first : errc::config_invalid;
}

std::string to_string(const problem& what) {
  std::string text = what.file;
  if (what.line != 0)
    text += ':' + std::to_string(what.line) + ':' + std::to_string(what.column);
  text += ": " + what.what;
  if (!what.expected.empty())
    text += ", expected " + what.expected;
  // Keys are said as they are, and a quoted key may hold anything.
  std::transform(text.begin(), text.end(), text.begin(), visible);
  return text;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 48;
  std::string out = "\"";
  for (auto c : text.substr(0, longest))
    out += visible(c);
  if (text.size() > longest) {
    // Never half a character of UTF-8.
    while ((out.back() & 0xC0) == 0x80)
      out.pop_back();
    if ((out.back() & 0x80) != 0)
      out.pop_back();
    out += "...";
  }
  return out + '"';
}

} // namespace caisson::config
