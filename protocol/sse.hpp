#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson::protocol {

/// One block of a server-sent event stream: the lines up to and including an
/// empty one. Its views hold until the next call of the decoder, or until the
/// bytes fed go away.
struct sse_event {
  /// The block as it came, with its line ends: what a pass-through forwards.
  std::string_view raw;
  /// The value of `event:`; empty for the default, "message".
  std::string_view name;
  /// The values of all `data:` lines, joined by line feeds.
  std::string_view data;
  /// The value of `id:`, by which a stream may be taken up after this event.
  std::optional<std::string_view> id;
  /// The value of `retry:`, in milliseconds, as it stands.
  std::string_view retry;
  /// False for a block of comments or unknown fields alone: a keep-alive. A
  /// pass-through forwards it, everybody else skips it.
  bool has_data = false;
};

/// Cuts a stream of bytes into events, however the network split it.
/// Source: WHATWG HTML, section 9.2.6: lines end in LF, CR or CRLF, one byte
/// order mark may come first, an event that the stream's end cuts off is none.
///
/// A block that lies whole in the bytes fed is viewed where it lies; only the
/// unfinished tail of a feed is copied. `feed`, then `next` until it says
/// false:
///
///     decoder.feed(bytes);
///     for (auto more = decoder.next(event); more && *more;
///          more = decoder.next(event))
///       …
class sse_decoder {
public:
  /// Bytes of the largest block; a larger one is a fault, so that a stream
  /// without empty lines cannot fill the memory.
  static constexpr std::size_t default_limit = 1024 * 1024;

  explicit sse_decoder(std::size_t limit = default_limit) : limit_(limit) {}

  /// The next bytes. They must stay alive until `next` has said false, and all
  /// earlier ones must have been read by then.
  void feed(std::string_view bytes) noexcept;

  /// True: `event` is the next block. False: more bytes are needed. A block
  /// over the limit is `llm_error`, `failure_kind::too_large`.
  result<bool> next(sse_event& event);

  /// Whether an unfinished block is held back.
  bool partial() const noexcept;

private:
  bool find_end();
  void parse(std::string_view block, sse_event& event);

  std::size_t limit_;
  std::string_view input_;
  /// Where the scan stands in `input_`, and the next LF and CR it knows of:
  /// kept between calls, so that each byte is looked at once whatever the line
  /// ends are.
  std::size_t at_ = 0;
  std::size_t lf_ = 0;
  std::size_t cr_ = 0;
  /// What came of the block before `input_`.
  std::string held_;
  bool held_is_out_ = false;
  std::string joined_;
  /// No byte of the current line has been seen.
  bool line_is_empty_ = true;
  /// The last byte was a CR: an LF that follows belongs to it.
  bool after_cr_ = false;
  bool first_block_ = true;
};

} // namespace caisson::protocol
