#include "protocol/mcp/listing.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view cursor_mark = "from-";

/// Where a page begins.
std::optional<std::size_t> start_of(std::string_view cursor,
                                    std::size_t count) noexcept {
  if (!cursor.starts_with(cursor_mark))
    return std::nullopt;
  cursor.remove_prefix(cursor_mark.size());
  std::size_t start = 0;
  const auto* const end = cursor.data() + cursor.size();
  const auto [stop, failed] = std::from_chars(cursor.data(), end, start);
  if (failed != std::errc{} || stop != end || start == 0)
    return std::nullopt;
  // The list may have become shorter since: then nothing is left of it.
  return std::min(start, count);
}

} // namespace

checked<std::string> write_page(std::string_view member,
                                const std::vector<std::string_view>& elements,
                                const std::optional<std::string>& cursor) {
  std::size_t at = 0;
  if (cursor) {
    const auto start = start_of(*cursor, elements.size());
    if (!start)
      return invalid_params("the cursor is none of this server's.");
    at = *start;
  }
  const auto end = std::min(at + page_size, elements.size());
  std::string text;
  {
    json::object_writer root{text};
    auto& list = root.key(member);
    list += '[';
    for (; at < end; ++at) {
      if (!list.ends_with('['))
        list += ',';
      list += elements[at];
    }
    list += ']';
    if (end < elements.size())
      root.string("nextCursor", std::string{cursor_mark} + std::to_string(end));
  }
  return text;
}

} // namespace caisson::protocol::mcp
