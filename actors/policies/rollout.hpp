#pragma once

#include <cstdint>

#include "actors/features.hpp"

namespace caisson {

/// How far a feature has been rolled out.
struct rollout {
  bool enabled = true; ///< false: nobody has it
  /// Of the callers, 0 to 100, that have it.
  std::uint32_t percent = 100;

  bool operator==(const rollout&) const = default;

  /// Whether every caller has it.
  bool whole() const noexcept { return enabled && percent >= 100; }
};

/// Whether a caller has a feature. The share is stable: a caller is in it or
/// not, on every node and after every restart, and who is in a smaller share
/// is in every larger one. Each feature begins with other callers, so that the
/// same few do not have all that is new.
bool reaches(const rollout& how, feature what, std::uint64_t caller) noexcept;

} // namespace caisson
