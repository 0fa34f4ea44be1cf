#include "server/http/door.hpp"

#include "actors/telemetry/families.hpp"

namespace caisson {

door::door(std::string name, route_table routes, door_limits limits,
           metrics::registry& metrics)
  : name_(std::move(name)), routes_(std::move(routes)), metrics_(metrics) {
  set_limits(limits);
}

void door::set_limits(door_limits limits) {
  limits_.store(std::make_shared<const door_limits>(limits));
}

void door::set_identity(std::shared_ptr<const tls_identity> identity) {
  // From the start at 0: a rate cannot see the first step of a new series.
  for (std::size_t i = 0; identity && i < handshake_failure_count; ++i)
    failures_of(static_cast<handshake_failure>(i));
  identity_.store(std::move(identity));
}

metrics::counter door::failures_of(handshake_failure why) {
  return metrics_.counter(families::tls_failures, {std::string{name_of(why)}});
}

void door::count_failure(handshake_failure why) {
  failures_of(why).add();
}

door::route_stats& door::stats_of(const route* where, http::verb method) {
  auto known = stats_.find({where, method});
  if (known != stats_.end())
    return known->second;
  route_stats made;
  made.took = metrics_.histogram(
    families::http_duration,
    {std::string{name_of(method)}, where ? where->label : "unmatched"});
  return stats_.emplace(std::pair{where, method}, std::move(made))
    .first->second;
}

void door::count(const route* where, http::verb method, unsigned status,
                 std::chrono::nanoseconds took) {
  std::lock_guard guard{lock_};
  auto& stats = stats_of(where, method);
  stats.took.observe(took);
  auto& counter = stats.by_status[status];
  if (!counter)
    counter = metrics_.counter(families::http_requests,
                               {std::string{name_of(method)},
                                where ? where->label : "unmatched",
                                std::to_string(status)});
  counter.add();
}

void door::count_error(errc code) {
  metrics_
    .counter(families::errors,
             {std::string{name_of(code)}, std::string{category_of(code)},
              std::string{name_of(advice_of(code))}})
    .add();
}

} // namespace caisson
