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
