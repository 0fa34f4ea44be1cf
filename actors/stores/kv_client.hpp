#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "actors/dependency/compartment.hpp"
#include "actors/fault.hpp"
#include "actors/messages.hpp"
#include "actors/stores/key_value.hpp"

namespace caisson {

/// How an actor on an I/O thread asks a protected key-value store: a member of
/// its state. Each question goes the way of every call: breaker, bulkhead,
/// worker, port. The actor's interface has `reacts_to<job_finished>` and hands
/// what it gets there to `on_finished`.
class kv_client {
public:
  using answer = std::function<void(result<kv_value_ptr>)>;

  /// `store` is the compartment of a dependency of kind `redis`, `thread` the
  /// I/O thread of the actor.
  kv_client(job_owner_actor self, compartment_ptr store, std::size_t thread);

  /// Asks. `then` is called exactly once while the actor lives, in one of its
  /// handlers: at once where the breaker or the bulkhead refuses, else when the
  /// answer is there, and about 20 ms after `by` at the latest.
  void ask(kv_question what, time_point now, time_point by, answer then);

  /// Passes a result to whoever asked.
  void on_finished(const job_finished& x);

  std::size_t pending() const noexcept { return pending_.size(); }

private:
  struct slot;

  job_owner_actor self_;
  compartment_ptr store_;
  std::size_t thread_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<slot>> pending_;
};

} // namespace caisson
