#include "protocol/lines.hpp"

#include <algorithm>
#include <utility>

namespace caisson::protocol {
namespace {

constexpr std::string_view without_return(std::string_view line) noexcept {
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

} // namespace

void line_splitter::feed(std::string_view bytes) {
  if (begin_ > 0) {
    held_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  held_ += bytes;
}

line_splitter::found line_splitter::next(std::string& to) {
  for (;;) {
    const auto end = held_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = held_.size();
      // CR LF may still be on its way: its CR does not count.
      const auto grown = size() > longest_ + 1;
      if (!grown && !skipping_)
        return found::nothing;
      held_.clear();
      begin_ = scanned_ = 0;
      return std::exchange(skipping_, true) ? found::nothing : found::too_long;
    }
    const auto line
      = without_return(std::string_view{held_}.substr(begin_, end - begin_));
    begin_ = scanned_ = end + 1;
    if (std::exchange(skipping_, false) || line.empty())
      continue;
    if (line.size() > longest_)
      return found::too_long;
    to = line;
    return found::line;
  }
}

line_splitter::found line_splitter::last(std::string& to) {
  const auto line = without_return(std::string_view{held_}.substr(begin_));
  const auto skipped = std::exchange(skipping_, false);
  auto what = found::nothing;
  if (!skipped && !line.empty()) {
    what = line.size() > longest_ ? found::too_long : found::line;
    to = line;
  }
  held_.clear();
  begin_ = scanned_ = 0;
  return what;
}

std::string on_one_line(std::string_view message) {
  std::string line{message};
  std::replace_if(
    line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; },
    ' ');
  return line;
}

} // namespace caisson::protocol
