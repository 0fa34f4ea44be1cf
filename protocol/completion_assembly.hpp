#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "actors/call.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {

/// Puts a stream of `chat.completion.chunk` events together to the
/// `chat.completion` that says the same.
class completion_assembly {
public:
  /// More of the stream, whole events.
  void feed(std::string_view events);

  /// The usage that the provider counted, for a stream that does not say it.
  void counted(const token_usage& tokens) { counted_ = tokens; }

  /// The stream came to its proper end, and all that it said has a place in a
  /// completion: one choice, known words.
  bool whole() const noexcept { return done_ && !odd_; }

  /// It stopped of its own accord: neither cut off by a limit nor by a filter,
  /// and no part of it is another model's continuation.
  bool exact() const noexcept { return done_ && exact_ && !continued_; }

  token_usage usage() const;

  std::string completion() const;

private:
  using element = simdjson::dom::element;

  struct call {
    std::string id, type, name, arguments;
    std::map<std::string, std::string, std::less<>> more; ///< JSON text
  };

  void take(element chunk);
  void take_top(std::string_view key, element of);
  void take_choice(element choice);
  void take_delta(std::string_view key, element of);
  void take_calls(element list);
  void take_call(element of);
  void take_logprobs(element of);
  void write_message(std::string& out) const;
  void write_calls(std::string& out) const;

  sse_decoder decoder_;
  bool done_ = false;
  bool odd_ = false;
  bool exact_ = false;
  bool continued_ = false;
  std::string id_, model_, created_; ///< JSON text
  /// Members that are handed on as they are: the last that was said.
  std::map<std::string, std::string, std::less<>> top_, choice_;
  /// Of the message: texts, put together; `content` may be null throughout.
  std::map<std::string, std::string, std::less<>> texts_;
  std::vector<call> calls_;
  /// Of the message and of its odds: elements, one after the other.
  std::map<std::string, std::string, std::less<>> lists_, logprobs_;
  std::string finish_reason_;
  std::string usage_; ///< JSON text
  token_usage said_, counted_;
};

/// Whether a finish reason is one of a model that had said all it wanted to.
bool ended_well(std::string_view finish_reason) noexcept;

/// OpenAI's words for a usage.
std::string usage_text(const token_usage& tokens);

/// The usage that an object of OpenAI's words says.
token_usage usage_of(simdjson::dom::element usage);

} // namespace caisson::protocol
