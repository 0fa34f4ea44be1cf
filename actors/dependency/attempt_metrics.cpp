#include "actors/dependency/attempt_metrics.hpp"

#include "actors/dependency/family.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// The `operation` label of `timeout_violations_total`; empty: no time-out.
std::string_view timed_operation(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::connect_timeout:
      return "connect";
    case failure_kind::first_byte_timeout:
      return "first_byte";
    case failure_kind::body_timeout:
      return "body";
    case failure_kind::idle_timeout:
      return "idle";
    default:
      return {};
  }
}

} // namespace

attempt_metrics::attempt_metrics(metrics::registry& home,
                                 const dependency_settings& of)
  : home_(home), name_(of.name), llm_(family_of(of.kind).serves_models),
    successes_(home.counter(families::breaker_successes, {of.name})),
    saved_(home.counter(families::retry_success, {of.name})),
    cancelled_(home.counter(families::cancellations, {of.name})),
    out_of_time_(
      home.counter(families::timeout_violations, {of.name, "request"})),
    other_(make("other")) {
  for (auto& model : of.models)
    models_.emplace(model, make(model));
}

attempt_metrics::of_model attempt_metrics::make(const std::string& model) {
  if (!llm_)
    return {};
  using namespace families;
  auto tokens = [&](std::string type) {
    return home_.counter(llm_tokens, {name_, model, std::move(type)});
  };
  return {home_.counter(llm_requests, {name_, model, "ok"}),
          home_.counter(llm_requests, {name_, model, "error"}),
          home_.histogram(llm_duration, {name_, model}),
          home_.histogram(llm_first_token, {name_, model}),
          tokens("input"),
          tokens("output"),
          tokens("cached_input")};
}

attempt_metrics::of_model& attempt_metrics::find(std::string_view model) {
  auto known = models_.find(std::string{model});
  return known == models_.end() ? other_ : known->second;
}

void attempt_metrics::succeeded(std::string_view model, duration took,
                                std::uint32_t attempt,
                                const token_usage& usage) {
  auto& m = find(model);
  successes_.add();
  m.ok.add();
  m.took.observe(took);
  if (attempt > 1)
    saved_.add();
  if (!usage.known)
    return;
  m.tokens_in.add(usage.input);
  m.tokens_out.add(usage.output);
  if (usage.cached_input)
    m.tokens_cached.add(usage.cached_input);
}

void attempt_metrics::failed(std::string_view model, duration took,
                             const fault& why) {
  auto& m = find(model);
  m.error.add();
  m.took.observe(took);
  std::string kind{name_of(why.kind)};
  if (outcome_of(why) == outcome::failure)
    home_.counter(families::breaker_failures, {name_, kind}).add();
  if (auto operation = timed_operation(why.kind); !operation.empty())
    home_.counter(families::timeout_violations, {name_, std::string{operation}})
      .add();
}

void attempt_metrics::cancelled() {
  cancelled_.add();
}

void attempt_metrics::out_of_time() {
  out_of_time_.add();
}

void attempt_metrics::first_token(std::string_view model, duration took) {
  find(model).first_token.observe(took);
}

void attempt_metrics::retried(std::uint32_t attempt, const fault& why) {
  home_
    .counter(families::retry_attempts,
             {name_, std::to_string(attempt), std::string{name_of(why.kind)}})
    .add();
}

} // namespace caisson
