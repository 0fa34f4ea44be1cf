#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/call.hpp"

namespace caisson {

/// What is known of one place in the supervision tree. The place outlives the
/// actors that fill it: a restart keeps the record.
struct actor_record {
  actor_record(std::string name, std::uint64_t id, std::uint64_t parent)
    : name(std::move(name)), id(id), parent(parent) {}

  const std::string name;
  const std::uint64_t id;
  const std::uint64_t parent; ///< 0: the root

  std::atomic<std::uint64_t> arrived{0}; ///< put in the mailbox
  std::atomic<std::uint64_t> handled{0}; ///< taken out, by this incarnation
  std::atomic<std::uint64_t> handled_before{0}; ///< by earlier ones
  std::atomic<std::uint32_t> restarts{0};
  std::atomic<std::uint32_t> escalations{0};
  std::atomic<bool> alive{false};
  std::atomic<std::int64_t> started_ns{0}; ///< of the present incarnation

  /// Messages handled by all incarnations.
  std::uint64_t handled_ever() const noexcept {
    return handled_before.load(std::memory_order_relaxed)
           + handled.load(std::memory_order_relaxed);
  }

  /// Messages in the mailbox. Racy by nature, never negative.
  std::uint64_t mailbox() const noexcept {
    auto out = handled.load(std::memory_order_relaxed);
    auto in = arrived.load(std::memory_order_relaxed);
    return in > out ? in - out : 0;
  }
};

using record_ptr = std::shared_ptr<actor_record>;

/// The list of all places in the tree, for telemetry. Touched when actors start
/// and when somebody looks, never on a request's path.
class census {
public:
  /// Opens a place under `parent` (nullptr: the root).
  record_ptr enrol(std::string name, const actor_record* parent) {
    std::lock_guard guard{lock_};
    auto place = std::make_shared<actor_record>(std::move(name), ++last_id_,
                                                parent ? parent->id : 0);
    places_.push_back(place);
    return place;
  }

  /// Closes a place: nobody will live there again.
  void strike(const actor_record& place) {
    std::lock_guard guard{lock_};
    std::erase_if(places_, [&](auto& x) { return x->id == place.id; });
  }

  std::vector<record_ptr> places() const {
    std::lock_guard guard{lock_};
    return places_;
  }

private:
  mutable std::mutex lock_;
  std::uint64_t last_id_ = 0;
  std::vector<record_ptr> places_;
};

} // namespace caisson
