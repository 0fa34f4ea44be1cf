#include "server/config/check_openapi.hpp"

#include <string>

#include "protocol/openapi/document.hpp"

namespace caisson::config {
namespace {

void check_one(const dependency_settings& one, const std::string& path,
               const origins& from, problems& wrong) {
  auto spec = path + ".spec";
  if (one.mcp.spec.empty()) {
    if (!from.has(spec))
      wrong.push_back({from.of(path + ".kind"), path + " has no spec",
                       "the file that describes the API, OpenAPI 3.0 or 3.1",
                       errc::config_missing});
    return;
  }
  if (!one.mcp.description) {
    wrong.push_back({from.of(spec), spec + " is neither JSON nor YAML",
                     "a description of at most 16 MiB, OpenAPI 3.0 or 3.1"});
    return;
  }
  auto read = protocol::openapi::read_document(*one.mcp.description);
  if (!read)
    wrong.push_back(
      {from.of(spec), spec + ": " + read.error().detail, "OpenAPI 3.0 or 3.1"});
}

} // namespace

void check_openapi(const settings& made, const origins& from, problems& wrong) {
  for (auto& one : made.dependencies) {
    auto path = "dependency." + one.name;
    auto spec = path + ".spec";
    if (one.kind == "openapi")
      check_one(one, path, from, wrong);
    else if (from.has(spec))
      wrong.push_back({from.of(spec), spec + " is set",
                       "none: only a dependency of kind \"openapi\" has a "
                       "description"});
  }
}

} // namespace caisson::config
