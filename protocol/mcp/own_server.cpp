#include "protocol/mcp/own_server.hpp"

#include <algorithm>
#include <iterator>

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

checked<std::string> list(const catalogue& all, std::string_view method,
                          const request_params& params) {
  if (method == "tools/list")
    return write_page("tools", definitions(all.tools), params.cursor);
  if (method == "prompts/list")
    return write_page("prompts", definitions(all.prompts), params.cursor);
  if (method == "resources/list")
    return write_page("resources", definitions(all.resources), params.cursor);
  return write_page("resourceTemplates", definitions(all.templates),
                    params.cursor);
}

bool has_prompt(const catalogue& own, std::string_view name) noexcept {
  return std::any_of(own.prompts.begin(), own.prompts.end(),
                     [=](const auto& one) { return one.name == name; });
}

} // namespace

own_server::own_server(std::string info, std::vector<own_resource> resources,
                       bool offered, std::vector<tool_offer> later) {
  card_.info = std::move(info);
  card_.capabilities
    = R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},)"
      R"("resources":{"subscribe":true,"listChanged":true},)"
      R"("logging":{},"completions":{}})";
  if (!offered)
    return;
  resources_ = std::move(resources);
  card_.instructions = "search_tools finds the tools of this server by words "
                       "and category.";
  offers_.tools.push_back(search_tools_offer());
  std::move(later.begin(), later.end(), std::back_inserter(offers_.tools));
  offers_.prompts = own_prompts();
  for (const auto& one : resources_)
    offers_.resources.push_back({one.uri, definition_of(one)});
}

server_card own_server::card(const catalogue& all) const {
  auto shown = card_;
  if (offers_.tools.empty() || !has_tool(all, offers_.tools.front().name))
    shown.instructions.clear();
  return shown;
}

const own_resource* own_server::find(std::string_view uri) const noexcept {
  const auto at = std::find_if(resources_.begin(), resources_.end(),
                               [=](const auto& one) { return one.uri == uri; });
  return at == resources_.end() ? nullptr : &*at;
}

bool own_server::answers_later(std::string_view tool) const noexcept {
  const auto& all = offers_.tools;
  return std::any_of(all.begin() + (all.empty() ? 0 : 1), all.end(),
                     [=](const auto& one) { return one.name == tool; });
}

bool own_server::has_resource(std::string_view uri) const noexcept {
  return find(uri) != nullptr;
}

own_server::refusable own_server::complete(std::string_view params) const {
  const auto wish = read_completion(params);
  if (!wish)
    return wish.error();
  if (wish->of == completion_wish::target::resource_template)
    return invalid_params("there is no template of that URI.");
  const auto values = has_prompt(offers_, wish->name)
                        ? own_prompt_values(wish->name, wish->argument)
                        : std::nullopt;
  if (!values)
    return invalid_params("there is no prompt of that name and argument.");
  return write_completion(*values, wish->value);
}

own_server::refusable
own_server::get_prompt(const request_params& params) const {
  if (!params.name)
    return invalid_params("name must be a string.");
  if (!has_prompt(offers_, *params.name))
    return invalid_params("there is no prompt of that name.");
  return get_own_prompt(*params.name, params.arguments);
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

outcome own_server::call(const request_params& params,
                         const catalogue& all) const {
  if (!params.name)
    return {invalid_params("name must be a string.")};
  if (offers_.tools.empty() || *params.name != offers_.tools.front().name)
    return {answers_later(*params.name)
              ? invalid_params("that tool is not to be called in an array.")
              : no_such_tool()};
  const auto& own = offers_.tools.front();
  auto result = search_tools(all, params.arguments);
  return {std::move(result.members), own.name, result.failed};
}

own_server::refusable own_server::answer(era spoken, const message& one,
                                         const request_params& params,
                                         const catalogue& all) const {
  const std::string_view method = one.method;
  if (method == "ping")
    return std::string{"{}"};
  if (method == "logging/setLevel")
    return set_level(one.params);
  if (method == "server/discover")
    return write_discover(card(all));
  if (method == "resources/read")
    return read(spoken, params);
  if (method == "prompts/get")
    return get_prompt(params);
  if (method == "completion/complete")
    return complete(one.params);
  if (method.ends_with("/list"))
    return list(all, method, params);
  return method_not_found(spoken, method);
}

outcome own_server::serve(era spoken, const message& one,
                          const request_params& params,
                          const catalogue& all) const {
  if (!has_method(spoken, one.method))
    return {method_not_found(spoken, one.method)};
  if (one.method == "tools/call")
    return call(params, all);
  auto said = answer(spoken, one, params, all);
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
  // What can be read is as it is at that moment; all else changes rarely.
  if (row && row->cacheable)
    frame.cache = one.method == "resources/read"
                    ? cache_hint{0s, false}
                    : cache_hint{60s, !how.personal};
  return write_result(one.id, std::get<std::string>(how.what), frame);
}

} // namespace caisson::protocol::mcp
