#include "protocol/agent/tool_set.hpp"

#include <algorithm>

#include "protocol/json/write.hpp"
#include "protocol/mcp/offered_name.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::protocol {
namespace {

bool takes(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string sayable(std::string_view name) {
  auto said = mcp::bounded(name);
  std::replace_if(
    said.begin(), said.end(), [](char c) { return !takes(c); }, '_');
  return said;
}

} // namespace

bool tool_set::add(const mcp::tool_offer& what) {
  auto said = sayable(what.name);
  if (names_.size() >= most || said.empty()
      || !names_.emplace(said, what.name).second)
    return false;
  if (!json_.empty())
    json_ += ',';
  json::object_writer root{json_};
  root.string("type", "function");
  auto function = root.object("function");
  function.string("name", said);
  function.string("description",
                  what.description.empty() ? what.title : what.description);
  const auto schema = mcp::member_of(what.definition, "inputSchema");
  function.raw("parameters", schema.empty()
                               ? R"({"type":"object","properties":{}})"
                               : schema);
  return true;
}

std::string tool_set::offered_as(std::string_view said) const {
  const auto found = names_.find(said);
  return found == names_.end() ? std::string{said} : found->second;
}

} // namespace caisson::protocol
