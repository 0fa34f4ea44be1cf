#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/dialects/answer.hpp"

namespace caisson::protocol {

/// Says answers in OpenAI's words: what a client of that dialect gets from a
/// provider of another one.

/// A `chat.completion` object. `usage` is left out if it is not known.
std::string openai_completion(const answer& what);

/// Writes the events of a `chat.completion.chunk` stream into a string.
/// What is the same in every chunk is built once, so that a chunk costs a few
/// appends.
class openai_chunks {
public:
  /// Appends to `out`, which must outlive this.
  explicit openai_chunks(std::string& out) : out_(out) {}

  /// Settles what every chunk says; call before anything else.
  void begin(std::string_view id, std::string_view model, std::int64_t created);
  bool begun() const noexcept { return !head_.empty(); }

  /// The first chunk of a choice.
  void role(std::uint64_t choice);
  void text(std::uint64_t choice, std::string_view piece);
  void reasoning(std::uint64_t choice, std::string_view piece);
  /// Opens the `index`-th tool call of the choice; its arguments follow.
  void tool(std::uint64_t choice, std::uint64_t index, const tool_call& call);
  void arguments(std::uint64_t choice, std::uint64_t index,
                 std::string_view piece);
  void finished(std::uint64_t choice, finish why);
  /// A chunk that says nothing.
  void nothing(std::uint64_t choice);
  void usage(const token_usage& tokens);

  /// JSON that the next chunk of a choice has as its `extra_content`.
  void carry(std::string_view extra);
  bool carries() const noexcept { return !extra_.empty(); }

  /// `[DONE]`.
  void done();

private:
  void open(std::uint64_t choice);
  void close(std::string_view finish_reason = "null");
  void piece_of(std::uint64_t choice, std::string_view key,
                std::string_view piece);

  std::string& out_;
  std::string head_;
  std::string extra_; ///< a member, after its comma
};

} // namespace caisson::protocol
