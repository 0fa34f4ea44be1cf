#include "protocol/mcp/upstream_route.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/completion.hpp"

namespace caisson::protocol::mcp {
namespace {

std::string as_json(std::string_view text) {
  std::string json;
  json::append_string(json, text);
  return json;
}

std::shared_ptr<upstream_call> make(const message& one) {
  auto made = std::make_shared<upstream_call>();
  made->method = one.method;
  return made;
}

std::optional<upstream_route> named(const federation& through, offer_kind of,
                                    const message& one,
                                    const request_params& params) {
  const auto to = params.name ? through.find(of, *params.name) : std::nullopt;
  if (!to)
    return std::nullopt;
  auto call = make(one);
  take_params(*call, one.params, "name", as_json(to->what->name));
  call->name = to->what->name;
  call->mirrored = to->what->mirrored;
  if (!call->mirrored.empty())
    call->arguments = params.arguments;
  return upstream_route{*to, std::move(call)};
}

std::optional<upstream_route> addressed(const federation& through,
                                        const message& one,
                                        const request_params& params) {
  const auto to = params.uri ? through.reader(*params.uri) : std::nullopt;
  if (!to)
    return std::nullopt;
  auto call = make(one);
  take_params(*call, one.params);
  call->name = *params.uri;
  return upstream_route{*to, std::move(call)};
}

std::optional<upstream_route> completing(const federation& through,
                                         const message& one) {
  const auto wish = read_completion(one.params);
  if (!wish)
    return std::nullopt;
  const auto prompt = wish->of == completion_wish::target::prompt;
  const auto to = through.find(
    prompt ? offer_kind::prompt : offer_kind::pattern, wish->name);
  if (!to)
    return std::nullopt;
  auto call = make(one);
  const auto ref = member_of(one.params, "ref");
  take_params(*call, one.params, "ref",
              prompt ? with_member(ref, "name", as_json(to->what->name))
                     : std::string{ref});
  return upstream_route{*to, std::move(call)};
}

} // namespace

std::optional<upstream_route> route_upstream(const federation& through,
                                             const message& one,
                                             const request_params& params) {
  if (one.method == "tools/call")
    return named(through, offer_kind::tool, one, params);
  if (one.method == "prompts/get")
    return named(through, offer_kind::prompt, one, params);
  if (one.method == "resources/read")
    return addressed(through, one, params);
  if (one.method == "completion/complete")
    return completing(through, one);
  return std::nullopt;
}

bool repeatable(const upstream_route& what) noexcept {
  return what.call->method != "tools/call" || what.to.what->repeatable;
}

} // namespace caisson::protocol::mcp
