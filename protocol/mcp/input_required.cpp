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

std::optional<wanted_input> read_input_required(std::string_view result) {
  if (text_of(result, "resultType") != "input_required")
    return std::nullopt;
  wanted_input wanted;
  auto sound = true;
  each_member_of(member_of(result, "inputRequests"),
                 [&](std::string_view key, std::string_view request) {
                   auto method = text_of(request, "method");
                   sound = sound && method;
                   if (method)
                     wanted.requests.push_back(
                       {std::string{key}, std::move(*method),
                        std::string{member_of(request, "params")}});
                 });
  wanted.state = text_of(result, "requestState").value_or("");
  // Of who wants nothing, and gives nothing back, nothing would come.
  if (!sound || (wanted.requests.empty() && wanted.state.empty()))
    return std::nullopt;
  return wanted;
}

std::string
write_input_responses(const std::map<std::string, std::string>& answers,
                      std::string_view state) {
  std::string text;
  {
    json::object_writer root{text};
    {
      auto all = root.object("inputResponses");
      for (const auto& [key, result] : answers) {
        std::string name;
        json::append_escaped(name, key);
        all.raw(name, result);
      }
    }
    if (!state.empty())
      root.string("requestState", state);
  }
  return text.substr(1, text.size() - 2);
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
