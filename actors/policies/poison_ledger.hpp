#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "actors/call.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// Remembers which requests were in the hands of an actor that crashed (law
/// S6): one that has seen three crashes within ten minutes is set aside, so
/// that it cannot take the node down restart by restart. It gets its next
/// chance when the first of the three is ten minutes old.
///
/// Requests are known by a 64-bit fingerprint. Bounded: of more than 1 024, the
/// one whose last crash is oldest is forgotten. For any thread; while nothing
/// has crashed for ten minutes, asking is one atomic read.
class poison_ledger {
public:
  explicit poison_ledger(millis within = millis{600'000}) noexcept
    : within_(within) {
    // nop
  }

  /// A crash with that request in hand; how many there were of late, this one
  /// included (more than three are three).
  std::uint32_t note_crash(std::uint64_t fingerprint, time_point now);

  /// Whether anything has crashed of late: else no fingerprint need be made.
  bool knows_any(time_point now) const noexcept {
    return now - latest_.load(std::memory_order_relaxed) <= within_;
  }

  /// Whether that request is to be refused rather than tried.
  bool set_aside(std::uint64_t fingerprint, time_point now) const;

private:
  static constexpr std::uint32_t too_many = 3;
  static constexpr std::size_t bound = 1'024;

  /// The last three crashes, the latest first.
  using crashes = std::array<time_point, too_many>;

  std::uint32_t recent(const crashes& of, time_point now) const noexcept;
  void forget_oldest();

  const duration within_;
  std::atomic<time_point> latest_{never};
  mutable std::mutex lock_;
  std::unordered_map<std::uint64_t, crashes> seen_;

  static constexpr time_point never = time_point{} - std::chrono::hours{24};
};

} // namespace caisson
