#include "server/telemetry/tree_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/dependency/compartment.hpp"
#include "server/telemetry/features.hpp"
#include "server/telemetry/keys.hpp"

namespace caisson {
namespace {

namespace json = boost::json;

double seconds_since(time_point then, time_point now) {
  return std::chrono::duration<double>(now - then).count();
}

json::object actor_view(const actor_record& x, time_point now) {
  json::object out;
  out["name"] = x.name;
  out["state"] = x.alive ? "running" : "down";
  out["mailbox"] = x.mailbox();
  out["processed"] = x.handled_ever();
  out["restarts"] = x.restarts.load();
  out["escalations"] = x.escalations.load();
  out["uptime"]
    = x.alive ? seconds_since(time_point{duration{x.started_ns}}, now) : 0.0;
  return out;
}

json::object subtree(const std::vector<record_ptr>& all,
                     const actor_record& top, time_point now) {
  auto out = actor_view(top, now);
  json::array children;
  for (auto& x : all)
    if (x->parent == top.id)
      children.push_back(subtree(all, *x, now));
  out["children"] = std::move(children);
  return out;
}

json::object supervision_view(const census& people, time_point now) {
  auto all = people.places();
  for (auto& x : all)
    if (x->parent == 0)
      return subtree(all, *x, now);
  return {};
}

json::array slots_view(const compartment& x) {
  json::array out;
  for (std::uint16_t i = 1; i < x.slots(); ++i) {
    json::object one;
    one["service"] = x.slot(i).service;
    one["state"] = name_of(x.slot(i).state.load());
    one["half_trusted"] = x.slot(i).doubted.load();
    one["consecutive_failures"] = x.retained(i).consecutive_failures;
    out.push_back(std::move(one));
  }
  return out;
}

json::object breaker_view(const compartment& x, time_point now) {
  json::object out;
  out["state"] = name_of(x.state());
  out["mode"] = name_of(x.mode());
  out["half_trusted"] = x.slot(0).doubted.load();
  out["consecutive_failures"] = x.retained().consecutive_failures;
  if (x.slots() > 1)
    out["models"] = slots_view(x);
  auto held = x.held_until();
  out["held_for"] = held > now ? seconds_since(now, held) : 0.0;
  return out;
}

json::object bulkhead_view(const gate& x) {
  json::object out;
  out["active"] = x.in_flight();
  out["limit"] = x.limit();
  out["queue"] = x.waiting();
  out["queue_limit"] = x.queue();
  return out;
}

json::object latency_view(const latencies& x) {
  json::object out;
  auto q = x.quantiles({0.5, 0.9, 0.99});
  const char* names[] = {"p50", "p90", "p99"};
  for (std::size_t i = 0; i < 3; ++i)
    out[names[i]] = q.empty() ? json::value(nullptr) : json::value(q[i]);
  out["unit"] = "ms";
  return out;
}

json::object authorization_view(const oauth::shown_standing& x) {
  json::object out;
  out["state"] = name_of(x.how);
  if (!x.detail.empty())
    out["detail"] = x.detail;
  return out;
}

json::object dependency_view(const compartment& x, time_point now,
                             const left_out::numbers& left,
                             const oauth::standings& tokens) {
  json::object out;
  out["name"] = x.name();
  out["kind"] = x.kind();
  out["breaker"] = breaker_view(x, now);
  out["bulkhead"] = bulkhead_view(x.bulkhead());
  out["latency"] = latency_view(x.recent);
  if (auto of = left.find(x.name()); of != left.end())
    out["operations_left_out"] = of->second;
  if (auto of = tokens.find(x.name()); of != tokens.end())
    out["authorization"] = authorization_view(of->second);
  return out;
}

} // namespace

std::string telemetry_body(const shown_node& what, time_point now) {
  json::object out;
  out["node"] = what.name;
  out["version"] = CAISSON_VERSION;
  out["uptime"] = seconds_since(what.started, now);
  out["supervision"] = supervision_view(what.people, now);
  json::object limiter;
  limiter["mode"] = name_of(what.limits.mode());
  limiter["clients"] = what.actors.limited_clients();
  out["limits"] = std::move(limiter);
  out["features"] = features_view(what.features);
  out["keys"] = keys_view(what.limits, what.revoked);
  json::array dependencies;
  for (auto& x : what.actors.dependencies())
    dependencies.push_back(dependency_view(*x, now, what.left, what.tokens));
  out["dependencies"] = std::move(dependencies);
  return json::serialize(out);
}

} // namespace caisson
