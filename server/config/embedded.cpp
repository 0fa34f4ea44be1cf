#include "server/config/embedded.hpp"

#include <array>
#include <utility>

#include "server/config/addresses.hpp"
#include "server/config/kinds.hpp"

namespace caisson::config {
namespace {

enum class holds : std::uint8_t { key, url };

struct variable_row {
  std::string_view variable;
  std::string_view name;
  std::string_view kind;
  holds what;
};

constexpr std::array<variable_row, 4> variables_known{{
  {"OPENAI_API_KEY", "openai", "openai", holds::key},
  {"ANTHROPIC_API_KEY", "anthropic", "anthropic", holds::key},
  {"GEMINI_API_KEY", "google", "google", holds::key},
  {"LOCAL_LLM_URL", "local", "openai_compatible", holds::url},
}};

/// "http://host:port" means its "/v1"; a path of one's own stays.
std::string with_path(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  auto scheme = url.find("://");
  auto bare = scheme != std::string::npos
              && url.find('/', scheme + 3) == std::string::npos;
  return bare ? url + "/v1" : url;
}

void add(embedded_set& to, const variable_row& row, const std::string& text) {
  place at{"environment:" + std::string{row.variable}};
  auto refuse
    = [&](std::string_view key, std::string what, std::string expected) {
        auto path = "dependency." + std::string{row.name} + std::string{key};
        to.from.broken.insert(std::move(path));
        to.wrong.push_back({at, std::move(what), std::move(expected)});
      };
  auto made = defaults_for(row.name, row.kind, "");
  if (row.what == holds::key) {
    if (auto key = clean_secret(text))
      made.api_key = std::move(*key);
    else
      refuse(".api_key", "holds nothing that could be a key",
             "one line without control characters");
  } else if (is_url(text)) {
    made = defaults_for(row.name, row.kind, with_path(text));
  } else {
    refuse(".url", "is no URL that can be called",
           "http:// or https:// with a host, without user, query or fragment");
  }
  to.from.places.emplace("dependency." + made.name, at);
  to.dependencies.push_back(std::move(made));
}

} // namespace

embedded_set embedded(const environment& variables) {
  embedded_set made;
  for (auto& row : variables_known) {
    auto found = variables.find(row.variable);
    if (found != variables.end() && !found->second.empty())
      add(made, row, found->second);
  }
  if (made.dependencies.empty())
    made.dependencies.push_back(defaults_for("simulated", "simulated", ""));
  model_settings fallback{"default", {}};
  for (auto& one : made.dependencies)
    if (!one.models.empty())
      fallback.chain.push_back(one.name + '/' + one.models.front());
  if (!fallback.chain.empty())
    made.models.push_back(std::move(fallback));
  return made;
}

} // namespace caisson::config
