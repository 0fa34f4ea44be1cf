#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/limits/book.hpp"
#include "actors/telemetry/metrics.hpp"
#include "server/config/settings.hpp"
#include "server/gateway/api_keys.hpp"
#include "server/http/client_address.hpp"

namespace caisson {

/// A model that has a price, and what it has cost since the start.
struct priced_model {
  std::string provider;
  std::string model;
  token_price price;
  std::shared_ptr<std::atomic<nano_usd>> spent
    = std::make_shared<std::atomic<nano_usd>>(0);
};

/// What the door needs to know of limits, all of one configuration.
struct limit_rules {
  std::shared_ptr<const limit_book> book;
  api_keys keys;
  bool refuses_strangers = false;
  trusted_proxies trusted;
  std::vector<priced_model> prices;

  /// nullptr: it has none.
  const priced_model* price_of(std::string_view provider,
                               std::string_view model) const noexcept;
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

  /// What is left, for each tier that has limits, and what has been spent.
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
