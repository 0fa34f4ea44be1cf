#include "protocol/mcp/input_required.hpp"

#include <set>

#include "protocol/json/write.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::protocol::mcp {
namespace {

/// The capability that a client declares who can be asked so: the first part
/// of the method's name.
std::string_view capability_for(std::string_view method) noexcept {
  return method.substr(0, method.find('/'));
}

} // namespace

std::string write_input_required(const std::vector<input_request>& requests,
                                 std::string_view state) {
  std::string text;
  {
    json::object_writer root{text};
    {
      auto all = root.object("inputRequests");
      for (const auto& one : requests) {
        std::string key;
        json::append_escaped(key, one.key);
        auto request = all.object(key);
        request.string("method", one.method);
        if (!one.params.empty())
          request.raw("params", one.params);
      }
    }
    if (!state.empty())
      root.string("requestState", state);
  }
  return text;
}

std::optional<rpc_error>
check_askable(const std::vector<input_request>& requests,
              std::string_view capabilities) {
  std::set<std::string_view> missing;
  for (const auto& one : requests) {
    const auto capability = capability_for(one.method);
    if (!declares(capabilities, capability))
      missing.insert(capability);
  }
  if (missing.empty())
    return std::nullopt;
  std::string required;
  {
    json::object_writer root{required};
    for (auto capability : missing)
      root.raw(capability, "{}");
  }
  return missing_capability(required);
}

} // namespace caisson::protocol::mcp
