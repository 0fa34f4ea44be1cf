#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/fault.hpp"
#include "protocol/wire.hpp"

namespace caisson::protocol {

class chat_request;

/// Says one answer in its client's dialect. What it is told are the node's
/// inner words: OpenAI's, as readers of providers' replies speak them.
class answer_writer {
public:
  virtual ~answer_writer() = default;

  /// The body for the client, of a `chat.completion`. One that cannot be said
  /// is a fault (`llm_error`, `failure_kind::decode`).
  virtual result<std::string> whole(std::string_view completion) = 0;

  /// What the next bytes of a stream of `chat.completion.chunk` events are for
  /// the client; perhaps nothing yet. `[DONE]` is the proper end in any
  /// dialect; a stream that fails ends with `error_event` instead.
  virtual result<std::string> feed(std::string_view bytes) = 0;
};

/// A dialect as clients speak it.
struct front {
  /// How errors are said (protocol/faults.hpp).
  wire client;

  /// The header field that is a part of the request, in lower case; or empty.
  std::string_view keeps;

  /// A request of this dialect, in the node's inner words. `field` is the
  /// value of the field above.
  result<std::shared_ptr<const chat_request>> (*read)(std::string body,
                                                      std::string_view field);

  /// A writer for one answer, which makes ids of `trace_id` where the provider
  /// gave none. Null where the inner words are the client's own.
  std::unique_ptr<answer_writer> (*writer)(std::string trace_id);
};

/// The front of a dialect. THE table: one row a dialect (fronts/front.cpp).
const front& front_of(wire client) noexcept;

} // namespace caisson::protocol
