#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/cache/value.hpp"
#include "actors/call.hpp"

namespace caisson {

/// An answer, gathered as its client hears it. What an answer is, only
/// `protocol/` knows.
class answer_gatherer {
public:
  struct gathered {
    std::string data;
    std::uint64_t tokens = 0;
    /// Exact and whole: others may have it later too, and not only those who
    /// wait for it now.
    bool keep = false;
  };

  virtual ~answer_gatherer() = default;

  /// The body of an answer that is no stream.
  virtual void whole(std::string_view body) = 0;

  /// More of a stream, whole events.
  virtual void more(std::string_view events) = 0;

  /// The tokens of the answer, whether or not it says so itself.
  virtual void counted(const token_usage& tokens) = 0;

  /// The answer is complete: its stored form. Nothing where it has none, as
  /// it is larger than `largest_cached` or cannot be said again.
  virtual std::optional<gathered> take() = 0;
};

/// The stream of an equal request, as it comes, made this client's own. What
/// is in it, only `protocol/` knows.
class answer_follower {
public:
  virtual ~answer_follower() = default;

  /// More of the other's stream, whole events: what this client hears of them,
  /// perhaps nothing.
  virtual std::string more(std::string_view events) = 0;

  /// The stream came to its proper end and took these tokens, as far as they
  /// are known: what this client hears last, perhaps nothing.
  virtual std::string end(const token_usage& took) = 0;
};

class near_order;

/// What one value is looked up by.
struct cache_question {
  virtual ~cache_question() = default;

  /// Where the answer to the same question in other words would do: what must
  /// be known to find one. Reads the whole request.
  virtual std::shared_ptr<const near_order> near() const { return nullptr; }

  cache_kind kind = cache_kind::llm;
  /// All that changes the value, and the tenant: `cache_key`.
  std::string key;
  /// False: the client wants it made anew.
  bool looks = true;
  /// False: the client wants it kept nowhere.
  bool keeps = true;
  /// The client wants to hear it as it comes: `cache_order::follower` is there.
  bool streams = false;
};

/// What the cache needs to know of a call whose answer is one value: made at
/// the door, by `protocol/`.
class cache_order : public cache_question {
public:
  virtual std::unique_ptr<answer_gatherer> gatherer() const = 0;

  /// To hear an equal request's stream while it comes; nothing where the client
  /// wants no stream.
  virtual std::unique_ptr<answer_follower> follower() const = 0;

  /// A stored answer, as this client asked for it: a body, or all the events
  /// of a stream. Nothing where the data is not what a gatherer makes.
  virtual std::optional<bytes> tell(const cached_ptr& value) const = 0;
};

} // namespace caisson
