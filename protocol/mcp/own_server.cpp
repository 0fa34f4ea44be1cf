#include "protocol/mcp/own_server.hpp"

#include <algorithm>

#include "protocol/json/write.hpp"
#include "protocol/mcp/completion.hpp"
#include "protocol/mcp/listing.hpp"
#include "protocol/mcp/log_level.hpp"
#include "protocol/mcp/own_prompts.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/tool_search.hpp"

namespace caisson::protocol::mcp {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view media = "application/json";

std::string definition_of(const own_resource& what) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("uri", what.uri);
    root.string("name", what.name);
    root.string("title", what.title);
    root.string("description", what.description);
    root.string("mimeType", media);
  }
  return text;
}

template <class Offers>
std::vector<std::string_view> definitions(const Offers& all) {
  std::vector<std::string_view> list;
  list.reserve(all.size());
  for (const auto& one : all)
    list.push_back(one.definition);
  return list;
}

checked<std::string> set_level(std::string_view params) {
  // What is said on that channel is said by upstreams; the node has no words
  // of its own on it, so the level is checked and that is all.
  if (!log_level_of(member_of(params, "level")))
    return invalid_params("level must be one of RFC 5424's, from debug to "
                          "emergency.");
  return std::string{"{}"};
}

checked<std::string> complete(std::string_view params) {
  const auto wish = read_completion(params);
  if (!wish)
    return wish.error();
  if (wish->of == completion_wish::target::resource_template)
    return invalid_params("there is no template of that URI.");
  const auto values = own_prompt_values(wish->name, wish->argument);
  if (!values)
    return invalid_params("there is no prompt of that name and argument.");
  return write_completion(*values, wish->value);
}

} // namespace

own_server::own_server(std::string info, std::vector<own_resource> resources)
  : resources_{std::move(resources)} {
  card_.info = std::move(info);
  card_.capabilities = R"({"tools":{},"prompts":{},)"
                       R"("resources":{"subscribe":true},)"
                       R"("logging":{},"completions":{}})";
  card_.instructions = "search_tools finds the tools of this server by words "
                       "and category.";
  offers_.tools.push_back(search_tools_offer());
  offers_.prompts = own_prompts();
  for (const auto& one : resources_)
    offers_.resources.push_back({one.uri, definition_of(one)});
}

const own_resource* own_server::find(std::string_view uri) const noexcept {
  const auto at = std::find_if(resources_.begin(), resources_.end(),
                               [=](const auto& one) { return one.uri == uri; });
  return at == resources_.end() ? nullptr : &*at;
}

bool own_server::has_resource(std::string_view uri) const noexcept {
  return find(uri) != nullptr;
}

own_server::refusable own_server::list(std::string_view method,
                                       const request_params& params) const {
  if (method == "tools/list")
    return write_page("tools", definitions(offers_.tools), params.cursor);
  if (method == "prompts/list")
    return write_page("prompts", definitions(offers_.prompts), params.cursor);
  if (method == "resources/list")
    return write_page("resources", definitions(offers_.resources),
                      params.cursor);
  return write_page("resourceTemplates", {}, params.cursor);
}

own_server::refusable own_server::read(era spoken,
                                       const request_params& params) const {
  if (!params.uri)
    return invalid_params("uri must be a string.");
  const auto* const found = find(*params.uri);
  if (!found)
    return resource_not_found(spoken, *params.uri);
  std::string text = R"({"contents":[)";
  {
    json::object_writer root{text};
    root.string("uri", found->uri);
    root.string("mimeType", media);
    root.string("text", found->read());
  }
  return text += "]}";
}

outcome own_server::call(const request_params& params) const {
  if (!params.name)
    return {invalid_params("name must be a string.")};
  const auto& own = offers_.tools.front();
  if (*params.name != own.name)
    return {invalid_params("there is no tool of that name.")};
  auto result = search_tools(offers_, params.arguments);
  return {std::move(result.members), own.name, result.failed};
}

own_server::refusable own_server::answer(era spoken, const message& one,
                                         const request_params& params) const {
  const std::string_view method = one.method;
  if (method == "ping")
    return std::string{"{}"};
  if (method == "logging/setLevel")
    return set_level(one.params);
  if (method == "server/discover")
    return write_discover(card_);
  if (method == "resources/read")
    return read(spoken, params);
  if (method == "prompts/get")
    return params.name ? get_own_prompt(*params.name, params.arguments)
                       : invalid_params("name must be a string.");
  if (method == "completion/complete")
    return complete(one.params);
  if (method.ends_with("/list"))
    return list(method, params);
  return method_not_found(spoken, method);
}

outcome own_server::serve(era spoken, const message& one,
                          const request_params& params) const {
  if (!has_method(spoken, one.method))
    return {method_not_found(spoken, one.method)};
  if (one.method == "tools/call")
    return call(params);
  auto said = answer(spoken, one, params);
  if (!said)
    return {std::move(said).error()};
  return {std::move(*said)};
}

std::string own_server::write(era spoken, const message& one,
                              const outcome& how) const {
  if (const auto* const refusal = std::get_if<rpc_error>(&how.what)) {
    auto told = *refusal;
    told.id = one.id;
    return write_error(told);
  }
  result_frame frame;
  frame.spoken = spoken;
  frame.server_info = card_.info;
  const auto* const row = find_method(one.method);
  // The lists are the same for everybody as long as the node runs; what can be
  // read is as it is at that moment.
  if (row && row->cacheable)
    frame.cache = one.method == "resources/read" ? cache_hint{0s, false}
                                                 : cache_hint{60s, true};
  return write_result(one.id, std::get<std::string>(how.what), frame);
}

} // namespace caisson::protocol::mcp
