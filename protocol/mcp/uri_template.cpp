#include "protocol/mcp/uri_template.hpp"

#include <algorithm>

namespace caisson::protocol::mcp {
namespace {

struct expression {
  std::size_t begin = std::string_view::npos;
  std::size_t end = 0;
  bool slashes = false;
};

expression first_in(std::string_view pattern) noexcept {
  const auto begin = pattern.find('{');
  const auto end = pattern.find('}', begin);
  if (begin == pattern.npos || end == pattern.npos)
    return {};
  return {begin, end + 1, pattern.substr(begin + 1, 1) == "+"};
}

} // namespace

bool fits(std::string_view uri, std::string_view pattern) noexcept {
  for (;;) {
    const auto next = first_in(pattern);
    if (next.begin == pattern.npos)
      return uri == pattern;
    if (!uri.starts_with(pattern.substr(0, next.begin)))
      return false;
    uri.remove_prefix(next.begin);
    pattern.remove_prefix(next.end);
    // The value ends where what follows it begins, at the first place that is
    // not its own beginning.
    const auto literal = pattern.substr(0, first_in(pattern).begin);
    const auto end
      = literal.empty() ? uri.size() : uri.find(literal, uri.empty() ? 0 : 1);
    if (uri.empty() || end == uri.npos)
      return false;
    const auto value = uri.substr(0, end);
    if (!next.slashes && value.find('/') != value.npos)
      return false;
    uri.remove_prefix(end);
    if (literal.empty() && pattern.empty())
      return true;
  }
}

} // namespace caisson::protocol::mcp
