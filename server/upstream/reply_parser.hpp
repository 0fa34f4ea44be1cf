#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/fault.hpp"
#include "protocol/http/chunked.hpp"
#include "protocol/http/head.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// The HTTP of one reply to a POST: its head, once interim replies have been
/// skipped, and then the extent of its body. Copies only what must outlive the
/// buffer; knows nothing of sockets.
class reply_parser {
public:
  enum class extent : std::uint8_t { length, chunked, until_close };

  /// A provider that "continues" more often than this is up to no good.
  static constexpr unsigned most_interim = 32;

  /// Reads heads from the front of `unread` and returns how many bytes are
  /// done with. Ask `has_head` and `wrong` afterwards.
  std::size_t head(std::string_view unread, const reply_limits& limits,
                   http::response_head& scratch);

  bool has_head() const noexcept { return status != 0; }

  /// `none`, `framing` or `too_large`, for good: the connection is not to be
  /// used any more.
  failure_kind wrong() const noexcept { return wrong_; }

  struct piece {
    std::size_t consumed = 0;
    std::string_view data;
  };

  /// The next of the body, in place. Call while there is input and the body
  /// has not `ended` and nothing is `wrong`.
  piece next(std::string_view unread) noexcept;

  /// The body is complete. One that lasts until the end of the connection
  /// never is by itself.
  bool ended() const noexcept;

  /// Of a 200 and of others.
  unsigned status = 0;
  extent body = extent::length;
  /// What is left of a body with a length; 0 when there is no body.
  std::uint64_t left = 0;
  bool keep_alive = false;
  bool event_stream = false;
  /// The body has a coding that was not asked for (gzip, ...).
  bool encoded = false;
  std::optional<std::chrono::seconds> promised_idle;
  /// Of others than 200 only.
  std::string retry_after;
  std::string date;

private:
  void note(const http::response_head& head);

  http::chunk_decoder chunks_;
  std::size_t scanned_ = 0;
  unsigned interim_ = 0;
  failure_kind wrong_ = failure_kind::none;
};

} // namespace caisson::upstream
