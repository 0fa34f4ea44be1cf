#pragma once

#include <memory>

#include "actors/cache/shards.hpp"
#include "actors/stores/announcements.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// Hears which values other nodes say do not hold any more, and has the shards
/// forget them. After a gap nobody knows what was missed: then all go that are
/// in the memory of this node.
class cache_ear final : public announcement_listener {
public:
  cache_ear(std::shared_ptr<const cache_shards> all, metrics::registry& home);

  void announced(std::string_view channel, std::string_view text) override;
  void gap() override;

private:
  void forget(std::string_view prefix);

  std::shared_ptr<const cache_shards> all_;
  metrics::counter heard_;
  metrics::counter gaps_;
};

} // namespace caisson
