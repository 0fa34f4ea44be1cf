#include "server/config/kinds.hpp"

#include "server/config/addresses.hpp"

namespace caisson::config {

const std::vector<kind_profile>& kinds() {
  static const std::vector<kind_profile> table{
    {.name = "openai",
     .url = "https://api.openai.com/v1",
     .concurrency = 15,
     .prompt_cache = true,
     .free_prompt_cache = true,
     .models = {"gpt-5-mini", "gpt-5", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini",
                "gpt-4o", "gpt-4o-mini", "text-embedding-3-small",
                "text-embedding-3-large"}},
    {.name = "anthropic",
     .url = "https://api.anthropic.com",
     .concurrency = 8,
     .prompt_cache = true,
     .models = {"claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"}},
    {.name = "google",
     .url = "https://generativelanguage.googleapis.com",
     .concurrency = 15,
     .prompt_cache = true,
     .models = {"gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite",
                "gemini-embedding-001"}},
    {.name = "openai_compatible", .url = "", .concurrency = 10, .models = {}},
    {.name = "simulated",
     .remote = false,
     .url = "",
     .concurrency = 50,
     .models = {"simulated", "simulated-slow", "simulated-fail"}},
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
  if (profile->remote && profile->url.empty()) {
    if (auto host = host_of(url); host && is_loopback(*host))
      made.bulkhead.concurrency = local_concurrency;
  }
  return made;
}

} // namespace caisson::config
