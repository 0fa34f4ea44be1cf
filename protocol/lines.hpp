#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace caisson::protocol {

/// Cuts what comes in pieces into lines, for wires whose messages are lines. A
/// line ends with LF or CR LF, which do not belong to it; empty ones are passed
/// over. One that grows too long is told once and then skipped to its end, so
/// that nobody who forgets to end a line can fill the memory.
class line_splitter {
public:
  /// In bytes, the line end not counted.
  explicit line_splitter(std::size_t longest) : longest_{longest} {}

  enum class found : std::uint8_t {
    nothing,  ///< no line is whole yet
    line,     ///< `to` has it
    too_long, ///< there was one, and it is gone
  };

  void feed(std::string_view bytes);

  /// The next that came; to be asked until it is nothing.
  found next(std::string& to);

  /// Nothing more comes: what stands there without an end is a line, too.
  found last(std::string& to);

  /// What is held.
  std::size_t size() const noexcept { return held_.size() - begin_; }

private:
  std::size_t longest_;
  std::string held_;
  std::size_t begin_ = 0;   ///< of what has not been handed out
  std::size_t scanned_ = 0; ///< up to here there is no line end
  bool skipping_ = false;   ///< inside a line that was too long
};

/// A message on one line: line ends, which JSON may have between its tokens,
/// become blanks. Not for texts in which they could mean something.
std::string on_one_line(std::string_view message);

} // namespace caisson::protocol
