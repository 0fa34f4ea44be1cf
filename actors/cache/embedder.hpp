#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/cache/near.hpp"
#include "actors/dependency/compartment.hpp"

namespace caisson {

/// Why there is no vector; the `reason` label of `cache_errors_total`.
enum class embedding_flaw : std::uint8_t {
  refused,    ///< by the breaker or the bulkhead, at once
  failed,     ///< the dependency did
  late,       ///< it took longer than a request may wait
  unreadable, ///< what it said is no vector
  resting,    ///< it was late a moment ago: nobody is to wait in vain again
};

inline constexpr std::size_t embedding_flaws = 5;

constexpr std::string_view name_of(embedding_flaw flaw) noexcept {
  constexpr std::string_view names[]
    = {"refused", "failed", "late", "unreadable", "resting"};
  return names[static_cast<std::size_t>(flaw)];
}

/// How the semantic cache has questions turned into vectors, by a protected
/// dependency: breaker, bulkhead, worker and port, as any call. A question has
/// a short deadline of its own, and that it passed is not held against the
/// dependency: chats may be put to the same one. So this rests by itself for a
/// second after one that was late.
class embedder {
public:
  using answer
    = std::function<void(std::optional<unit_vector>, embedding_flaw)>;

  static constexpr millis rest{1'000};

  explicit embedder(job_owner_actor self) : self_(std::move(self)) {}

  /// Asks that model from now on, of a dependency with workers on so many I/O
  /// threads. Those who have asked another still hear of it.
  void turn_to(compartment_ptr where, std::string model, std::size_t threads);

  /// Asks; somebody must have been turned to. `then` is called exactly once
  /// while the actor lives, in one of its handlers: at once, or about 20 ms
  /// after `by` at the latest.
  void ask(const std::shared_ptr<const near_order>& what, time_point now,
           time_point by, answer then);

  /// Passes a result to whoever asked.
  void on_finished(const job_finished& x, time_point now);

private:
  struct slot;

  job_owner_actor self_;
  compartment_ptr where_;
  std::string model_;
  std::size_t threads_ = 1;
  time_point rests_until_{};
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<slot>> pending_;
};

} // namespace caisson
