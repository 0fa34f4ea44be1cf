#include "actors/policies/adaptive_limit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace caisson {
namespace {

constexpr std::chrono::milliseconds shortest{100};
constexpr std::uint32_t fewest = 10;
constexpr double tolerance = 1.5;
constexpr double steepest = 0.5;
constexpr std::uint32_t patience = 20;
constexpr std::uint32_t measure_every = 200;

} // namespace

adaptive_limit::adaptive_limit(std::uint32_t max) noexcept
  : max_(std::max<std::uint32_t>(max, 1)), limit_(max_),
    since_measured_(measure_every - patience) {
  // nop
}

std::uint32_t adaptive_limit::limit() const noexcept {
  auto part = measuring_ > 0 ? limit_ / 2 : limit_;
  return static_cast<std::uint32_t>(std::max(part, 1.0));
}

void adaptive_limit::resize(std::uint32_t max) noexcept {
  max_ = std::max<std::uint32_t>(max, 1);
  limit_ = std::min(limit_, max_);
}

void adaptive_limit::sample(duration took, std::uint32_t in_flight,
                            time_point now) noexcept {
  ++now_.samples;
  now_.peak = std::max(now_.peak, in_flight);
  now_.total += static_cast<double>(std::max(took, duration{0}).count());
  count(now);
}

void adaptive_limit::dropped(time_point now) noexcept {
  ++now_.drops;
  count(now);
}

void adaptive_limit::count(time_point now) noexcept {
  auto outcomes = now_.samples + now_.drops;
  if (outcomes == 1)
    now_.begin = now;
  if (outcomes < fewest || now - now_.begin < shortest)
    return;
  end_window();
  now_ = {};
}

void adaptive_limit::end_window() noexcept {
  if (measuring_ > 0) {
    if (--measuring_ == 0)
      measure();
    return;
  }
  auto slope = gradient();
  follow(slope);
  ++since_measured_;
  held_back_ = slope < 1 ? held_back_ + 1 : 0;
  if (held_back_ >= patience || since_measured_ >= measure_every)
    measuring_ = 2;
}

/// The limit was half of what it is for a while: what takes long now does not
/// take long because of us.
void adaptive_limit::measure() noexcept {
  auto slow_by_itself = std::exchange(held_back_, 0) >= patience;
  since_measured_ = 0;
  if (now_.samples == 0)
    return;
  auto mean = now_.total / now_.samples;
  baseline_ = slow_by_itself ? mean : std::min(baseline_, mean);
}

double adaptive_limit::gradient() const noexcept {
  auto outcomes = static_cast<double>(now_.samples + now_.drops);
  auto answered = now_.samples / outcomes;
  // mean <= tolerance * baseline, without a division by what may be nothing.
  auto room = tolerance * baseline_ * now_.samples;
  auto slope = baseline_ <= 0 || now_.total <= room ? 1 : room / now_.total;
  return std::clamp(slope * answered, steepest, 1.0);
}

void adaptive_limit::follow(double slope) noexcept {
  if (slope >= 1) {
    auto mean = now_.total / now_.samples;
    baseline_ += (mean - baseline_) / (baseline_ > 0 ? 16 : 1);
  }
  auto headroom = std::max(std::sqrt(limit_), limit_ / 8) * (2 * slope - 1)
                  * (2 * slope - 1);
  auto wanted = std::clamp(slope * limit_ + headroom, 1.0, max_);
  auto used = 2.0 * now_.peak >= limit();
  limit_ = used ? wanted : std::min(wanted, limit_);
}

} // namespace caisson
