#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace caisson {

/// The bound of a compartment: at most `limit` calls in flight and at most
/// `queue` waiting, in one atomic word, so that the thread that wants in can be
/// refused without a message. Both counts are also the depth metrics.
///
/// Invariant: while someone waits, nobody enters past them; whoever leaves
/// while someone waits is told so and must see to a `grant`. Both follow from
/// the counts changing in one compare-and-swap.
class gate {
public:
  gate(std::uint32_t limit, std::uint32_t queue) noexcept
    : limit_(limit), queue_(queue) {
    // nop
  }

  /// Takes a place in flight, unless all are taken or somebody waits.
  bool try_enter() noexcept {
    return change([this](counts now) {
      return now.waiting == 0 && now.in_flight < limit()
               ? counts{now.in_flight + 1, 0}
               : now;
    });
  }

  /// Takes a place in the queue, unless the queue is full. `at_least` places
  /// are there even where nobody may wait.
  bool try_wait(std::uint32_t at_least = 0) noexcept {
    return change([=, this](counts now) {
      return now.waiting < std::max(queue(), at_least)
               ? counts{now.in_flight, now.waiting + 1}
               : now;
    });
  }

  /// Moves one from the queue to in flight, if there is a free place.
  bool try_grant() noexcept {
    return change([this](counts now) {
      return now.waiting > 0 && now.in_flight < limit()
               ? counts{now.in_flight + 1, now.waiting - 1}
               : now;
    });
  }

  /// Gives a place in the queue back (expired, refused, cancelled).
  void stop_waiting() noexcept {
    change([](counts now) { return counts{now.in_flight, now.waiting - 1}; });
  }

  /// Gives a place in flight back. True: somebody waits for it.
  [[nodiscard]] bool leave() noexcept {
    auto before
      = unpack(word_.fetch_sub(pack({1, 0}), std::memory_order_acq_rel));
    return before.waiting > 0;
  }

  /// Changes the bounds while running. Lowering drains: nobody is thrown out.
  void resize(std::uint32_t limit, std::uint32_t queue) noexcept {
    limit_.store(limit, std::memory_order_relaxed);
    queue_.store(queue, std::memory_order_relaxed);
  }

  /// At most so many in flight, within `limit`: whoever narrows a gate need not
  /// know its latest bounds, and cannot undo them.
  void narrow(std::uint32_t to) noexcept {
    narrowed_.store(to, std::memory_order_relaxed);
  }

  std::uint32_t in_flight() const noexcept { return read().in_flight; }
  std::uint32_t waiting() const noexcept { return read().waiting; }
  /// The bound that holds now.
  std::uint32_t limit() const noexcept {
    return std::min(limit_.load(std::memory_order_relaxed),
                    narrowed_.load(std::memory_order_relaxed));
  }
  std::uint32_t queue() const noexcept {
    return queue_.load(std::memory_order_relaxed);
  }

private:
  struct counts {
    std::uint32_t in_flight;
    std::uint32_t waiting;
    bool operator==(const counts&) const = default;
  };

  static std::uint64_t pack(counts x) noexcept {
    return (std::uint64_t{x.waiting} << 32) | x.in_flight;
  }

  static counts unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word),
            static_cast<std::uint32_t>(word >> 32)};
  }

  counts read() const noexcept {
    return unpack(word_.load(std::memory_order_acquire));
  }

  /// Applies a step; false when the step changes nothing.
  template <class Step>
  bool change(Step step) noexcept {
    auto seen = word_.load(std::memory_order_acquire);
    for (;;) {
      auto now = unpack(seen);
      auto next = step(now);
      if (next == now)
        return false;
      if (word_.compare_exchange_weak(seen, pack(next),
                                      std::memory_order_acq_rel))
        return true;
    }
  }

  std::atomic<std::uint64_t> word_{0};
  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint32_t> queue_;
  std::atomic<std::uint32_t> narrowed_{
    std::numeric_limits<std::uint32_t>::max()};
};

} // namespace caisson
