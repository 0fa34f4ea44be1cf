#include "tests/simulation/scenario.hpp"

#include <algorithm>
#include <iterator>

namespace caisson::simulation {
namespace {

constexpr std::string_view names[] = {"a", "b", "c", "d"};

std::vector<std::string> models_of(const std::string& name) {
  return {"m", name + "1", name + "2"};
}

/// So that a dependency that left and came back is told from its forerunner.
std::string address(std::uint32_t& count) {
  return "sim:" + std::to_string(count++);
}

breaker_mode draw_mode(dice& d) {
  using enum breaker_mode;
  return d.one_of({automatic, automatic, forced_open, disabled, metrics_only});
}

breaker_settings draw_breaker(dice& d) {
  breaker_settings result;
  // Some bear more than ever comes: there retries have no other bound.
  result.failures = d.in_thousand(150) ? 100 : d.between(1, 4);
  result.open_for = d.span(100, 2'000);
  result.open_for_max = result.open_for * d.between(1, 4);
  result.half_open_probes = d.one_of({1u, 1u, 2u, 3u});
  result.probe_lease = d.span(60, 3'000);
  result.jitter = d.in_thousand(500);
  result.window = d.between(4, 12);
  if (d.in_thousand(200)) {
    result.window_time = d.span(100, 3'000);
    result.min_calls = d.between(3, 10);
  }
  result.ramp_up = d.one_of({millis{0}, d.span(30, 3'000)});
  if (d.in_thousand(150))
    result.failure_rate = d.one_of({0.3, 0.5, 0.9});
  if (d.in_thousand(100))
    result.slow_call = d.span(10, 400);
  if (d.in_thousand(70))
    result.slow_first_token = d.span(5, 100);
  if (d.in_thousand(70))
    result.slow_tokens_per_second = d.between(20, 200);
  return result;
}

retry_settings draw_retry(dice& d) {
  retry_settings result;
  result.attempts = d.between(1, 4);
  result.base = d.span(5, 150);
  result.cap = result.base * d.between(1, 6);
  result.jitter = d.one_of(
    {jitter_kind::full, jitter_kind::decorrelated, jitter_kind::none});
  result.budget = d.one_of({0.0, 0.2, 0.2, 1.0});
  return result;
}

bulkhead_settings draw_bulkhead(dice& d) {
  bulkhead_settings result;
  result.concurrency = d.between(1, 4);
  result.queue = d.between(0, 5);
  result.queue_timeout = d.span(20, 800);
  result.adaptive = d.in_thousand(200);
  return result;
}

/// New numbers for a dependency; its name and address stay.
void redraw(dependency_settings& x, dice& d) {
  x.timeout = d.span(40, 1'200);
  x.connect_timeout = d.span(20, 300);
  x.idle_timeout = d.span(30, 400);
  auto mode = x.breaker.mode;
  auto per_model = x.breaker.per_model;
  x.breaker = draw_breaker(d);
  x.breaker.per_model = per_model;
  x.breaker.mode = d.in_thousand(600) ? mode : draw_mode(d);
  x.min_tokens_per_second = d.in_thousand(100) ? d.between(1, 50) : 0;
  x.retry = draw_retry(d);
  x.bulkhead = draw_bulkhead(d);
}

dependency_settings draw_dependency(std::string name, std::uint32_t& addresses,
                                    dice& d) {
  dependency_settings result;
  result.name = std::move(name);
  result.kind = "simulated";
  result.url = address(addresses);
  result.models = models_of(result.name);
  redraw(result, d);
  result.breaker.per_model = d.in_thousand(200);
  result.breaker.mode
    = d.in_thousand(900) ? breaker_mode::automatic : draw_mode(d);
  return result;
}

/// One or two targets at each dependency, in any order.
std::vector<std::string> draw_chain(const config& of, dice& d) {
  std::vector<std::string> result;
  for (auto& x : of.dependencies) {
    result.push_back(x.name + "/" + x.name + "1");
    if (d.in_thousand(200))
      result.push_back(x.name + "/" + x.name + "2");
  }
  for (auto i = result.size(); i > 1; --i)
    std::swap(result[i - 1], result[d.below(i)]);
  return result;
}

void draw_models(config& of, dice& d) {
  of.models.clear();
  for (std::string name : {"smart", "other"}) {
    model_settings model;
    model.name = name;
    model.chain = draw_chain(of, d);
    // Soon, mostly: two that answer at the same moment are what is hard.
    if (d.in_thousand(500))
      model.hedge
        = hedge_rule{d.in_thousand(700) ? d.span(1, 30) : d.span(30, 200)};
    model.stream_failover = d.in_thousand(700);
    of.models.push_back(std::move(model));
  }
}

std::string draw_model(dice& d, std::size_t dependencies) {
  std::string at{names[d.below(dependencies)]};
  switch (d.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return "smart";
    case 4:
      return "other";
    case 5:
      return "m";
    case 6:
      return d.in_thousand(300) ? "nobody's" : at + "1";
    default:
      return at + "/" + at + "2";
  }
}

/// Clients come in crowds: that is when places run out.
void draw_questions(scenario& s, dice& d) {
  auto poison = d.in_thousand(60) ? d.between(50, 500) : 0;
  auto dependencies = s.begins_with.dependencies.size();
  auto crowds = d.between(2, 8);
  for (std::uint32_t i = 0; i < crowds; ++i) {
    auto at = d.span(0, static_cast<std::uint32_t>(s.length.count()));
    auto size = d.one_of({1u, 2u, 4u, 8u, 14u});
    auto same = d.in_thousand(500);
    auto model = draw_model(d, dependencies);
    auto callers = d.between(1, 3);
    for (std::uint32_t k = 0; k < size; ++k) {
      question q;
      q.at = at + d.span(0, 40);
      q.thread = d.below(s.threads);
      q.model = same ? model : draw_model(d, dependencies);
      q.caller = d.below(callers);
      q.poison = d.in_thousand(poison);
      q.words = q.poison ? 13 : s.questions.size() + 100;
      q.stream = d.in_thousand(450);
      q.idempotent = d.in_thousand(850);
      q.hurried = d.in_thousand(250);
      q.deadline = q.hurried ? d.span(5, 500) : d.span(100, 4'000);
      if (d.in_thousand(150))
        q.leaves_after = d.span(0, 600);
      s.questions.push_back(std::move(q));
    }
  }
}

void draw_skies(scenario& s, dice& d) {
  auto gloom = d.below(4); // of all dependencies alike
  for (auto& name : names) {
    std::vector<spell> sky;
    for (millis at{0}; at < s.length; at += d.span(100, 2'500)) {
      auto what = static_cast<weather>(d.below(weather_count));
      if (what == weather::throwing && d.in_thousand(800))
        what = weather::fair;
      sky.push_back({at, d.below(4) < gloom ? what : weather::fair});
    }
    s.skies.emplace_back(name, std::move(sky));
  }
}

/// Other numbers, and perhaps a dependency less or one more.
void draw_reloads(scenario& s, std::uint32_t& addresses, dice& d) {
  auto now = s.begins_with;
  auto times = d.between(1, 3);
  auto step = static_cast<std::uint32_t>(s.length.count()) / times;
  for (std::uint32_t i = 0; i < times; ++i) {
    for (auto& x : now.dependencies)
      if (d.in_thousand(500))
        redraw(x, d);
    auto change = d.below(6);
    if (change == 0 && now.dependencies.size() > 1) {
      now.dependencies.erase(
        now.dependencies.begin()
        + static_cast<std::ptrdiff_t>(d.below(now.dependencies.size())));
    } else if (change == 1) {
      for (auto& name : names) {
        auto known
          = std::any_of(now.dependencies.begin(), now.dependencies.end(),
                        [&](auto& x) { return x.name == name; });
        if (known)
          continue;
        now.dependencies.push_back(
          draw_dependency(std::string{name}, addresses, d));
        break;
      }
    }
    draw_models(now, d);
    auto soon = i > 0 && d.in_thousand(300);
    s.reloads.push_back({soon ? s.reloads.back().at + d.span(0, 2)
                              : millis{i * step} + d.span(1, step),
                         now});
  }
}

void draw_orders(scenario& s, dice& d) {
  auto times = d.between(1, 5);
  for (std::uint32_t i = 0; i < times; ++i) {
    auto& x = d.one_of(s.begins_with.dependencies);
    s.orders.push_back({d.span(0, static_cast<std::uint32_t>(s.length.count())),
                        x.name, draw_mode(d)});
  }
}

void draw_killer(scenario& s, dice& d) {
  switch (d.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      break; // nobody dies
    default:
      s.kills = d.between(1, 4);
      s.kill_share = d.between(1, 8);
      break;
    case 9: // more than restarts can answer
      s.kills = d.between(5, 40);
      s.kill_share = d.between(5, 60);
      break;
  }
  if (d.in_thousand(60))
    s.broken_ports = d.one_of({50u, 300u, 900u});
}

} // namespace

scenario make_scenario(dice d) {
  scenario s;
  std::uint32_t addresses = 0;
  s.threads = d.between(1, 3);
  s.length = d.span(500, 7'000);
  auto count = d.between(1, 4);
  for (std::uint32_t i = 0; i < count; ++i)
    s.begins_with.dependencies.push_back(
      draw_dependency(std::string{names[i]}, addresses, d));
  draw_models(s.begins_with, d);
  draw_skies(s, d);
  draw_questions(s, d);
  if (d.in_thousand(250))
    draw_reloads(s, addresses, d);
  if (d.in_thousand(200))
    draw_orders(s, d);
  draw_killer(s, d);
  s.turns = d.one_of({schedule::anyone, schedule::anyone, schedule::priorities,
                      schedule::priorities, schedule::first_come,
                      schedule::last_come});
  s.lag_share = d.one_of({0u, 10u, 100u, 300u});
  return s;
}

} // namespace caisson::simulation
