#include "actors/cache/near.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace caisson {

// What is told of a layer is a literal, as it outlives the answer.
std::string_view semantic_layer(float likeness) noexcept {
  static constexpr std::string_view names[]{
    "semantic; similarity=0.80", "semantic; similarity=0.81",
    "semantic; similarity=0.82", "semantic; similarity=0.83",
    "semantic; similarity=0.84", "semantic; similarity=0.85",
    "semantic; similarity=0.86", "semantic; similarity=0.87",
    "semantic; similarity=0.88", "semantic; similarity=0.89",
    "semantic; similarity=0.90", "semantic; similarity=0.91",
    "semantic; similarity=0.92", "semantic; similarity=0.93",
    "semantic; similarity=0.94", "semantic; similarity=0.95",
    "semantic; similarity=0.96", "semantic; similarity=0.97",
    "semantic; similarity=0.98", "semantic; similarity=0.99",
    "semantic; similarity=1.00"};
  // Rounded down, but for what a float lacks of a hundredth.
  auto steps = static_cast<int>((likeness - 0.8f) * 100 + 0.001f);
  auto last = static_cast<int>(std::size(names)) - 1;
  return names[static_cast<std::size_t>(std::clamp(steps, 0, last))];
}

/// The shard hears of it before the asker: who asks the same after that is not
/// kept waiting.
void near_search::found(const cached_ptr& value, float likeness) {
  auto lead = std::exchange(lead_, nullptr);
  if (!lead)
    return;
  auto layer = semantic_layer(likeness);
  lead->likened(value, layer);
  who_->hit(value, layer);
}

void near_search::nothing(std::function<void()> kept) {
  auto lead = std::exchange(lead_, nullptr);
  if (!lead)
    return;
  lead->when_kept(std::move(kept));
  who_->lead(std::move(lead), std::move(stale_));
}

} // namespace caisson
