#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/http/strict.hpp"

namespace caisson::http {

/// Reads a chunked body (RFC 9112 section 7.1), of a request or of a reply,
/// from pieces split anywhere, and copies nothing. Strict where parsers are
/// known to differ: CRLF only, hex digits only (at most 16), no space around
/// the size. Extensions are skipped, trailers dropped, both bounded. Say
///
///     while (!body.empty() && !decoder.done() && !decoder.refused()) {
///       auto step = decoder.next(body);
///       use(step.data);
///       body.remove_prefix(step.consumed);
///     }
///
/// and what is left in `body` once done is the next message.
class chunk_decoder {
public:
  static constexpr std::size_t max_line = 256;      ///< with CRLF
  static constexpr std::size_t max_trailers = 4096; ///< all, with CRLFs
  /// Bytes of framing beyond what is fair for the data seen. A body of single
  /// bytes with long extensions would cost us 256 bytes of reading each
  /// (CVE-2023-39326 in Go, whose measure this is).
  static constexpr std::int64_t max_overhead = 16 * 1024;

  struct step {
    std::size_t consumed = 0; ///< bytes of the input that are done with
    std::string_view data;    ///< body within them; holds as the input does
  };

  /// Reads up to and with the next piece of data, the end of the body, the
  /// first wrong byte or the end of the input, whichever comes first.
  step next(std::string_view input) noexcept;

  /// The last chunk and the trailers are read.
  bool done() const noexcept { return state_ == state::done; }

  /// Why the body is not one; for good. Status and code are those for a
  /// client; an upstream's body is a framing failure instead.
  verdict refused() const noexcept;

private:
  enum class state : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    done,
    refused,
  };

  void take(char c) noexcept;
  void take_size(char c) noexcept;
  void take_extension(char c) noexcept;
  void take_trailer(char c) noexcept;
  void end_of_size_line() noexcept;
  void expect(char c, char wanted, state then) noexcept;
  void refuse(std::string_view reason) noexcept;

  std::uint64_t left_ = 0;    ///< of this chunk: size, then data to come
  std::int64_t overhead_ = 0; ///< see max_overhead
  std::size_t line_ = 0;      ///< bytes of this size line, or of trailers
  unsigned digits_ = 0;       ///< of the size
  state state_ = state::size;
  std::string_view reason_;
};

/// What follows the data of a chunk, and what ends a body without trailers.
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Appends the size line of a chunk. `size` is not 0: that would end the body.
void append_chunk_header(std::string& out, std::uint64_t size);

/// Appends a whole chunk, or nothing if there is no data.
void append_chunk(std::string& out, std::string_view data);

} // namespace caisson::http
