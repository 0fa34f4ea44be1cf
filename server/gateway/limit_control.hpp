#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "actors/limits/book.hpp"
#include "actors/telemetry/metrics.hpp"
#include "server/config/settings.hpp"
#include "server/gateway/api_keys.hpp"
#include "server/http/client_address.hpp"

namespace caisson {

/// What the door needs to know of limits, all of one configuration.
struct limit_rules {
  std::shared_ptr<const limit_book> book;
  api_keys keys;
  bool refuses_strangers = false;
  trusted_proxies trusted;
};

/// The rules that hold now, for all threads, and what they show of them.
class limit_control {
public:
  explicit limit_control(const settings& with);

  std::shared_ptr<const limit_rules> rules() const { return rules_.load(); }

  /// Takes a new configuration. The mode that somebody has set meanwhile stays,
  /// unless the configured one has changed.
  void apply(const settings& with);

  limit_mode mode() const noexcept { return mode_; }
  void set_mode(limit_mode mode);

  /// Notes what is left after a decision.
  void left(tier who, endpoint where, std::uint64_t remaining) noexcept;

  /// The gauge of what is left, for each tier that has limits.
  void emit(const metrics::sink& out) const;

private:
  static constexpr std::uint64_t nobody_yet = ~std::uint64_t{0};

  std::mutex lock_; ///< of those who change it
  limit_mode configured_;
  std::atomic<limit_mode> mode_;
  std::atomic<std::shared_ptr<const limit_rules>> rules_;
  std::array<std::array<std::atomic<std::uint64_t>, endpoint_count>, tier_count>
    left_{};
};

} // namespace caisson
