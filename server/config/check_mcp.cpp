#include "server/config/check_mcp.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "actors/dependency/family.hpp"

namespace caisson::config {
namespace {

/// Options of which none may be there.
struct group {
  std::vector<std::string_view> keys;
  std::string_view expected;
};

const group of_models{
  {".user", ".models", ".min_tokens_per_second", ".breaker.per_model",
   ".breaker.slow_tokens_per_second"},
  "none: a server of tools has no models, and knows its callers by their key"};
const group of_addresses{
  {".url", ".api_key", ".ca_file"},
  "none: a process of the node's own has no address; what it needs to know it "
  "is told by args and env"};
const group of_tools{
  {".prefix", ".allow", ".deny", ".max_result", ".on_large_result", ".refresh"},
  "none: only dependencies of kind \"mcp_http\", \"mcp_stdio\" and "
  "\"openapi\" offer tools"};
const group of_processes{
  {".command", ".args", ".env", ".inherit", ".directory", ".restarts",
   ".restarts_within"},
  "none: only a dependency of kind \"mcp_stdio\" is a process of the node's "
  "own"};

void refuse_all(const group& what, const std::string& path, const origins& from,
                problems& wrong) {
  for (auto key : what.keys) {
    auto full = path + std::string{key};
    if (from.has(full))
      wrong.push_back(
        {from.of(full), full + " is set", std::string{what.expected}});
  }
}

void need_command(const dependency_settings& one, const std::string& path,
                  const origins& from, problems& wrong) {
  auto key = path + ".command";
  if (one.mcp.process.command.empty() && !from.has(key))
    wrong.push_back({from.of(path + ".kind"), path + " has no command",
                     "the program to start, such as \"npx\"",
                     errc::config_missing});
}

} // namespace

void check_mcp(const settings& made, const origins& from, problems& wrong) {
  for (auto& one : made.dependencies) {
    auto path = "dependency." + one.name;
    auto& not_here = family_of(one.kind).offers_tools ? of_models : of_tools;
    refuse_all(not_here, path, from, wrong);
    if (one.kind == "mcp_stdio") {
      refuse_all(of_addresses, path, from, wrong);
      need_command(one, path, from, wrong);
    } else {
      refuse_all(of_processes, path, from, wrong);
    }
  }
}

} // namespace caisson::config
