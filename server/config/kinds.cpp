#include "server/config/kinds.hpp"

#include "actors/dependency/family.hpp"
#include "server/config/addresses.hpp"

namespace caisson::config {
namespace {

void adjust_redis(dependency_settings& to) {
  // It answers in under a millisecond or is not well: who waits for a place
  // longer than half an attempt is better served without it, and there is no
  // reason to stay away from it for longer than it takes to be back.
  to.timeout = millis{100};
  to.connect_timeout = millis{1'000};
  to.breaker.open_for = to.breaker.open_for_max = millis{30'000};
  to.bulkhead.queue = 1'000;
  to.bulkhead.queue_timeout = millis{50};
}

} // namespace

const std::vector<kind_profile>& kinds() {
  static const std::vector<kind_profile> table{
    {.name = "openai",
     .url = "https://api.openai.com/v1",
     .concurrency = 15,
     .models = {"gpt-5-mini", "gpt-5", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini",
                "gpt-4o", "gpt-4o-mini"}},
    {.name = "anthropic",
     .url = "https://api.anthropic.com",
     .concurrency = 8,
     .models = {"claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"}},
    {.name = "google",
     .url = "https://generativelanguage.googleapis.com",
     .concurrency = 15,
     .models = {"gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"}},
    {.name = "openai_compatible", .url = "", .concurrency = 10, .models = {}},
    {.name = "simulated",
     .remote = false,
     .url = "",
     .concurrency = 50,
     .models = {"simulated", "simulated-slow", "simulated-fail"}},
    {.name = "redis",
     .url = "",
     .url_example = "redis://127.0.0.1:6379",
     .concurrency = 100,
     .models = {},
     .adjust = adjust_redis},
  };
  return table;
}

const kind_profile* kind_of(std::string_view name) {
  for (auto& row : kinds())
    if (row.name == name)
      return &row;
  return nullptr;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (auto& row : kinds())
    names.emplace_back(row.name);
  return names;
}

bool serves_models(const dependency_settings& one) {
  return family_of(one.kind).serves_models;
}

dependency_settings defaults_for(std::string_view name, std::string_view kind,
                                 std::string_view url) {
  constexpr std::uint32_t local_concurrency = 50;
  dependency_settings made;
  made.name = name;
  made.kind = kind;
  made.url = url;
  auto profile = kind_of(kind);
  if (profile == nullptr)
    return made;
  if (url.empty())
    made.url = profile->url;
  made.models.assign(profile->models.begin(), profile->models.end());
  made.bulkhead.concurrency = profile->concurrency;
  if (profile->adjust != nullptr)
    profile->adjust(made);
  if (serves_models(made) && profile->remote && profile->url.empty()) {
    if (auto host = host_of(url); host && is_loopback(*host))
      made.bulkhead.concurrency = local_concurrency;
  }
  return made;
}

} // namespace caisson::config
