#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_actor.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/skip.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_behavior.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/journal.hpp"
#include "actors/supervision/census.hpp"

namespace caisson {

/// Where an actor is resumed: on an I/O thread (its execution unit), or, with
/// none, by CAF's own scheduler (in tests: the test coordinator).
struct placement {
  caf::execution_unit* thread = nullptr;
};

/// Notes an exception that reached the top of an actor: a bug, which ends the
/// actor and is its supervisor's to answer.
void note_crash(journal& log, const char* who, const std::exception_ptr& what);

/// Every actor of the tree is one of these: a stateful typed actor that stays
/// at its placement whoever sends to it, and that counts its mailbox into its
/// record. CAF 0.17 knows neither (adr/0001).
template <class Handle, class State>
class resident final
  : public caf::stateful_actor<State, typename Handle::base> {
public:
  using super = caf::stateful_actor<State, typename Handle::base>;
  using behavior_type = typename Handle::behavior_type;
  using init = std::function<behavior_type(super*)>;

  resident(caf::actor_config& cfg, placement where, record_ptr record,
           journal* log, init make)
    : super(cfg), thread_(where.thread), record_(std::move(record)), log_(log),
      make_(std::move(make)) {
    // A new incarnation starts with an empty mailbox; nobody knows it yet.
    record_->handled_before += record_->handled.exchange(0);
    record_->arrived = 0;
  }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    // The dead are still sent to, but their place is another's by now.
    if (!gone_.load(std::memory_order_relaxed))
      record_->arrived.fetch_add(1, std::memory_order_relaxed);
    super::enqueue(std::move(what), thread_);
  }

  void enqueue(caf::strong_actor_ptr sender, caf::message_id id,
               caf::message content, caf::execution_unit*) override {
    enqueue(
      caf::make_mailbox_element(std::move(sender), id, {}, std::move(content)),
      thread_);
  }

  /// The place is free before anybody hears of the end: CAF's registry, or the
  /// parent, whose next child may move in at once.
  bool cleanup(caf::error&& why, caf::execution_unit* host) override {
    if (!gone_.exchange(true))
      record_->alive = false;
    return super::cleanup(std::move(why), host);
  }

protected:
  caf::invoke_message_result consume(caf::mailbox_element& x) override {
    auto result = super::consume(x);
    if (result != caf::invoke_message_result::skipped)
      record_->handled.fetch_add(1, std::memory_order_relaxed);
    return result;
  }

  behavior_type make_behavior() override {
    record_->started_ns = this->clock().now().time_since_epoch().count();
    record_->alive = true;
    // What nobody expects is dropped, not printed: stdout is for machines.
    this->set_default_handler(caf::drop);
    this->set_error_handler([](caf::error&) {});
    auto log = log_;
    this->set_exception_handler(
      [this, log](std::exception_ptr& what) -> caf::error {
        note_crash(*log, this->name(), what);
        return caf::make_error(caf::sec::runtime_error);
      });
    // What it holds must not outlive the state: it leads back to this actor.
    return std::exchange(make_, nullptr)(this);
  }

private:
  caf::execution_unit* thread_;
  record_ptr record_;
  journal* log_;
  init make_;
  std::atomic<bool> gone_{false};
};

/// Starts an actor: `make` is its behaviour function with all but the self
/// pointer bound.
template <class Handle, class State>
Handle launch(caf::actor_system& sys, placement where, record_ptr record,
              journal* log, typename resident<Handle, State>::init make) {
  using impl = resident<Handle, State>;
  caf::actor_config cfg{where.thread ? where.thread
                                     : sys.dummy_execution_unit()};
  auto result = caf::make_actor<impl, Handle>(
    sys.next_actor_id(), sys.node(), &sys, cfg, where, std::move(record), log,
    std::move(make));
  auto ptr = static_cast<impl*>(caf::actor_cast<caf::abstract_actor*>(result));
  ptr->launch(cfg.host, false, false);
  return result;
}

} // namespace caisson
