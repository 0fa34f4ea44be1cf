#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/chat_request.hpp"
#include "protocol/continuation.hpp"

namespace caisson::protocol {

// Reading what a continuation starts from, for continuation*.cpp alone.

/// Reads the events that a client has. Where they stop, in words that follow
/// "the stream broke off", if that is a place from which nobody can go on;
/// else empty.
std::string_view read_stream(std::string_view events, stream_so_far& into);

/// What a request's body says that a continuation hangs on.
struct request_outline {
  /// Offset of the bracket that closes `messages`.
  std::size_t messages_end = 0;
  bool several = false; ///< more than one choice is asked for
  bool json = false;    ///< the answer must be JSON
};

/// Reads a body that `chat_request::read` has passed.
bool outline_of(std::string_view body, request_outline& into);

} // namespace caisson::protocol
