#include "server/config/check_mcp.hpp"

#include <string>
#include <string_view>

namespace caisson::config {
namespace {

bool offers_tools(std::string_view kind) {
  return kind == "mcp_http" || kind == "openapi";
}

/// Options of which none may be there.
struct group {
  std::initializer_list<std::string_view> keys;
  std::string_view expected;
};

void refuse_all(const group& what, const std::string& path, const origins& from,
                problems& wrong) {
  for (auto key : what.keys) {
    auto full = path + std::string{key};
    if (from.has(full))
      wrong.push_back(
        {from.of(full), full + " is set", std::string{what.expected}});
  }
}

} // namespace

void check_mcp(const settings& made, const origins& from, problems& wrong) {
  for (auto& one : made.dependencies) {
    auto path = "dependency." + one.name;
    if (offers_tools(one.kind))
      refuse_all({{".user", ".models", ".min_tokens_per_second",
                   ".breaker.per_model", ".breaker.slow_tokens_per_second"},
                  "none: a server of tools has no models, and knows its "
                  "callers by their key"},
                 path, from, wrong);
    else
      refuse_all({{".prefix", ".allow", ".deny", ".max_result",
                   ".on_large_result", ".refresh"},
                  "none: only a dependency of kind \"mcp_http\" or \"openapi\" "
                  "offers tools"},
                 path, from, wrong);
  }
}

} // namespace caisson::config
