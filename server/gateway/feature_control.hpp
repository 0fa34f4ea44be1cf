#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "actors/features.hpp"
#include "actors/policies/rollout.hpp"
#include "actors/telemetry/metrics.hpp"
#include "server/config/settings.hpp"

namespace caisson {

/// How far a feature is rolled out, as nodes tell each other: "on 50".
std::string word_of(const rollout& how);
std::optional<rollout> rollout_of(std::string_view word) noexcept;

/// How far each feature is rolled out now. Any thread may call, but for
/// `apply`, which one does.
class feature_control {
public:
  explicit feature_control(const features_settings& with);

  /// Takes a new configuration. What somebody has set meanwhile stays, unless
  /// the configured has changed.
  void apply(const features_settings& with);

  void set(feature which, const rollout& how);
  rollout now(feature which) const noexcept;

  /// Every caller has every feature: nobody needs to look who asks.
  bool whole() const noexcept { return whole_.load(std::memory_order_relaxed); }

  /// What that caller has of them.
  feature_set of(std::uint64_t caller) const noexcept;

  /// The share of the callers that has each.
  void emit(const metrics::sink& out) const;

private:
  std::atomic<rollout>& at(feature which) noexcept;

  std::mutex lock_; ///< of those who change it
  features_settings configured_;
  std::array<std::atomic<rollout>, every_feature.size()> now_;
  std::atomic<bool> whole_{true};
};

} // namespace caisson
