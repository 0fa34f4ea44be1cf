#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol::messages {

/// Turns a stream of OpenAI's chunks into one of Anthropic's events, cut
/// anywhere.
///
///            first chunk            text, call            [DONE]
///   nothing ─────────────► begun ───────────────► in a block ────────► done
///      message_start        ▲   content_block_start  │  message_delta,
///                           └────────────────────────┘  message_stop
///                        another kind of block, another call
///
/// Chunks of an Anthropic provider bring its own events along, which are said
/// instead. Where such a stream goes on without them, another provider has
/// taken over: its words follow on the block and the index that were reached.
///
/// Blocks come one after another, as Anthropic's do: arguments of a call that
/// another one has followed cannot be said any more, and are a fault.
class stream {
public:
  explicit stream(std::string trace_id) : trace_id_(std::move(trace_id)) {}

  result<std::string> feed(std::string_view bytes);

private:
  using element = simdjson::dom::element;
  enum class block : std::uint8_t { none, text, call, other };

  result<void> take(const sse_event& event);
  /// Says the provider's own event, if the chunk brings one.
  bool forward(element chunk);
  void note(std::string_view type, element own);
  result<void> take_delta(element delta);
  result<void> take_call(element call);
  void begin(std::string_view id, std::string_view model);
  void open_text();
  void open_call(std::uint64_t index, std::string_view id,
                 std::string_view name);
  void close_block();
  void say_delta(std::string_view type, std::string_view key,
                 std::string_view piece);
  void finish();

  std::string trace_id_;
  sse_decoder decoder_;
  std::string out_;
  std::string id_;
  bool begun_ = false;
  bool done_ = false;
  bool own_ = false;   ///< the provider's own events are said
  bool ended_ = false; ///< among them, why it stopped
  block open_ = block::none;
  std::size_t blocks_ = 0; ///< closed so far: the index of the next one
  std::uint64_t call_ = 0; ///< OpenAI's index of the open call
  std::string call_id_;
  bool calls_ = false;
  bool refuses_ = false;
  std::string mark_; ///< what the node says of a degraded stream, JSON text
  std::string finish_reason_;
  token_usage usage_;
};

} // namespace caisson::protocol::messages
