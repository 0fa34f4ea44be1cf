#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/dialect.hpp"

namespace caisson::protocol {

/// What a client has of a stream that died, as far as somebody else must know
/// it to go on. Pieces of JSON stay as they came: a character that the
/// provider cut into two surrogates is whole again when they are joined.
struct stream_so_far {
  /// JSON text; empty where the stream has not said it.
  std::string id, model, created;
  /// The text, as the inside of a JSON string.
  std::string text;
  bool has_role = false;
  bool finished = false; ///< a finish reason was sent
  bool done = false;     ///< `[DONE]` was sent
  /// The last line ends in a CR whose LF the network kept.
  bool half_line_end = false;
};

/// Takes a stream up where a provider left it (SPEC section 4, Streams), so
/// that its client sees one stream: one id, one role, one end. The client and
/// its stream speak OpenAI's dialect; the next provider any.
///
/// What is promised is the form. The next model is shown the text so far and
/// asked to go on; what it says is joined as it comes: should it repeat words
/// or begin with a blank too many, nobody trims them, as no rule could tell
/// that from what was meant. Reasoning cannot be handed on and begins anew.
/// Limits on length stay as asked, so both parts together may be longer. The
/// usage that is told is the next provider's, whose prompt holds the text so
/// far; nobody knows what the first would have counted.
class continuation {
public:
  /// `so_far`: all events that the client has, whole. A stream that nobody can
  /// take up is `llm_error`, `failure_kind::eof`: a tool call, a refusal or
  /// audio has begun, or an answer in JSON (a model that is held to JSON begins
  /// a new document); more than one choice is asked for or sent; the events
  /// are not a stream of that dialect.
  static result<continuation> read(std::string_view so_far,
                                   std::shared_ptr<const chat_request> asked);

  /// All was said but the end: nobody needs to be asked for `rest`. Usage that
  /// was asked for and not yet sent stays unsaid, as no other provider can
  /// know it.
  bool complete() const noexcept { return so_far_.finished || so_far_.done; }
  std::string rest() const;

  /// The request that asks to go on: what was asked, then the text so far as
  /// the assistant's, then a user who asks for the rest. Not a prefill, the
  /// assistant's turn as the last one: newer models refuse that. Without text
  /// it is what was asked. What the client wrote stays as it is, for providers
  /// it passes through to.
  result<std::shared_ptr<const chat_request>> request() const;

  /// Lets the reply that `next` reads appear as the rest of the stream: events
  /// have the first provider's id, model and time, and no second role. The one
  /// with the finish reason says who went on, in a member of its own:
  /// `"caisson":{"degraded":"stream_failover","provider":"NAME"}`.
  std::unique_ptr<reply_reader> reader(std::unique_ptr<reply_reader> next,
                                       std::string_view provider) const;

private:
  continuation() = default;

  stream_so_far so_far_;
  std::shared_ptr<const chat_request> asked_;
  /// Where `messages` is closed in the body; 0: there is nothing to add.
  std::size_t messages_end_ = 0;
};

} // namespace caisson::protocol
