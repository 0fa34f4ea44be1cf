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

void adjust_tools(dependency_settings& to) {
  // In the middle of a call a server may ask a person.
  to.idle_timeout = millis{120'000};
}

} // namespace

// Vendors end a model after a year or two. By their lists of November 2026 none
// of these ends before April 2027:
// developers.openai.com/api/docs/deprecations,
// platform.claude.com/docs/en/about-claude/model-deprecations,
// ai.google.dev/gemini-api/docs/deprecations
const std::vector<kind_profile>& kinds() {
  static const std::vector<kind_profile> table{
    {.name = "openai",
     .url = "https://api.openai.com/v1",
     .concurrency = 15,
     .embeds = true,
     .prompt_cache = true,
     .free_prompt_cache = true,
     .models = {"gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-luna", "gpt-6-astra",
                "gpt-5.1", "text-embedding-3-small", "text-embedding-3-large"}},
    {.name = "anthropic",
     .url = "https://api.anthropic.com",
     .concurrency = 8,
     .prompt_cache = true,
     .models = {"claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"}},
    {.name = "google",
     .url = "https://generativelanguage.googleapis.com",
     .concurrency = 15,
     .embeds = true,
     .prompt_cache = true,
     .models = {"gemini-3.8-flash", "gemini-4-argon", "gemini-3.5-flash-lite",
                "gemini-embedding-001"}},
    {.name = "openai_compatible",
     .url = "",
     .concurrency = 10,
     .embeds = true,
     .models = {}},
    {.name = "simulated",
     .remote = false,
     .url = "",
     .concurrency = 50,
     .embeds = true,
     .models = {"simulated", "simulated-slow", "simulated-fail"}},
    {.name = "redis",
     .url = "",
     .url_example = "redis://127.0.0.1:6379",
     .concurrency = 100,
     .models = {},
     .adjust = adjust_redis},
    {.name = "mcp_http",
     .url = "",
     .url_example = "http://127.0.0.1:3000/mcp",
     .concurrency = 50,
     .models = {},
     .adjust = adjust_tools},
    {.name = "mcp_stdio",
     .remote = false,
     .url = "",
     .concurrency = 50,
     .models = {},
     .adjust = adjust_tools},
    {.name = "openapi",
     .url = "",
     .url_example = "https://api.example.com/v1",
     .concurrency = 50,
     .models = {},
     .adjust = adjust_tools},
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
  made.prompt_cache = profile->free_prompt_cache;
  if (profile->adjust != nullptr)
    profile->adjust(made);
  if (serves_models(made) && profile->remote && profile->url.empty()) {
    if (auto host = host_of(url); host && is_loopback(*host))
      made.bulkhead.concurrency = local_concurrency;
  }
  return made;
}

} // namespace caisson::config
