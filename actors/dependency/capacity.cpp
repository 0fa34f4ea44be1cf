#include "actors/dependency/capacity.hpp"

#include <algorithm>

namespace caisson {
namespace {

/// Weight of the newest call in the moving average of durations.
constexpr double newest = 0.05;
/// Quantiles are sorted out of some hundred samples: not for each call.
constexpr millis publish_every{250};

/// Fewer samples than this have no 95th percentile to speak of.
constexpr std::size_t least_samples = 20;

std::optional<millis> p95(const latencies& of) {
  if (of.count() < least_samples)
    return std::nullopt;
  auto found = of.quantiles({0.95});
  return millis{static_cast<std::int64_t>(found.front()) + 1};
}

} // namespace

capacity::capacity(compartment_ptr where, const dependency_settings& settings)
  : where_(std::move(where)), full_(settings.bulkhead.concurrency),
    adaptive_(settings.bulkhead.adaptive), ramp_up_(settings.breaker.ramp_up),
    limit_(full_) {
  // nop
}

void capacity::reconfigure(const dependency_settings& settings) {
  full_ = settings.bulkhead.concurrency;
  adaptive_ = settings.bulkhead.adaptive;
  ramp_up_ = settings.breaker.ramp_up;
  limit_.resize(full_);
}

void capacity::note(const attempt_outcome& x, time_point now) {
  if (x.how == outcome::cancelled)
    return;
  if (adaptive_) {
    // Of a stream, only the way to its first token is the dependency's pace.
    auto pace = x.measure.first_token.value_or(x.measure.took);
    if (x.how == outcome::success)
      limit_.sample(pace, where_->bulkhead().in_flight() + 1, now);
    else if (x.how == outcome::failure)
      limit_.dropped(now);
  }
  note_pace(x, now);
}

void capacity::note_pace(const attempt_outcome& x, time_point now) {
  auto took = static_cast<double>(x.measure.took.count());
  service_ns_
    = service_ns_ == 0 ? took : service_ns_ + newest * (took - service_ns_);
  if (now - published_ < publish_every)
    return;
  published_ = now;
  where_->publish_pace(duration{static_cast<std::int64_t>(service_ns_)},
                       p95(where_->first_bytes));
}

void capacity::closed(time_point now) {
  if (ramp_up_ > millis{0})
    ramp_.emplace(ramp_up_, now);
}

bool capacity::apply(time_point now) {
  auto limit = adaptive_ ? std::min(full_, limit_.limit()) : full_;
  if (ramp_ && ramp_->done(now))
    ramp_.reset();
  if (ramp_)
    limit = ramp_->limit(now, limit);
  where_->set_limit(limit);
  return ramp_.has_value();
}

} // namespace caisson
