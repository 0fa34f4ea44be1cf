// What is done with a request, of whichever era, once it is admitted.
#include <boost/json/parse.hpp>

#include "protocol/mcp/request_state.hpp"
#include "tests/conformance/exchange.hpp"

namespace caisson::conformance {

namespace mcp = protocol::mcp;
namespace bj = boost::json;

namespace {

using namespace std::chrono_literals;

bj::object object_of(std::string_view text) {
  bj::error_code failed;
  auto value = bj::parse(text, failed);
  return !failed && value.is_object() ? std::move(value.get_object())
                                      : bj::object{};
}

} // namespace

call endpoint::make_call(exchange& with) {
  call made{with.spoken, with.params, {}, {}, {}, {}, {}, {}, {}, {}};
  made.name = with.params.name.value_or(with.params.uri.value_or(""));
  made.arguments = object_of(with.params.arguments);
  made.answers = object_of(with.params.input_responses);
  made.notify = [&with](const std::string& text) { with.say(text); };
  made.ask
    = [this, &with](std::string_view method,
                    std::string_view params) -> std::optional<bj::value> {
    const auto id = sessions_.next_ask();
    with.say(mcp::write_request(id, method, params));
    const auto said = sessions_.wait_for(with.in->key, id);
    if (!said)
      return std::nullopt;
    return bj::value(object_of(*said));
  };
  made.drop_stream = [this, &with] {
    // Only who can be told where to go on may be left without the rest.
    if (!with.in || !mcp::primes_streams(with.in->spoken))
      return;
    with.dropped = mcp::event_id{sessions_.next_stream(), 0};
    std::string priming;
    mcp::append_priming(priming, *with.dropped, 500ms);
    with.to.send_events(priming);
    with.to.close_stream();
  };
  made.changed = [this](std::string_view what) { listeners_.tell(what); };
  return made;
}

void endpoint::run(exchange& with) {
  // As most servers do; a client must take either.
  if (with.spoken == mcp::era::legacy)
    with.to.open_stream();
  auto made = make_call(with);
  if (with.params.request_state && with.spoken == mcp::era::modern) {
    auto state = mcp::open_state(*with.params.request_state,
                                 {principal, with.one.method, made.name},
                                 sealer_, now_());
    if (!state)
      return with.refuse(state.error());
    made.state = std::move(*state);
  }
  finish(with, dispatch(with, made));
}

outcome endpoint::dispatch(exchange& with, call& from) {
  const std::string_view method = with.one.method;
  if (!mcp::has_method(with.spoken, method))
    return mcp::method_not_found(with.spoken, method);
  if (method == "server/discover")
    return mcp::write_discover(card_);
  if (method == "tools/list")
    return std::string{tools_list()};
  if (method == "prompts/list")
    return std::string{prompts_list()};
  if (method == "resources/list")
    return std::string{resources_list()};
  if (method == "resources/templates/list")
    return std::string{templates_list()};
  if (method == "tools/call")
    return call_tool(from);
  if (method == "prompts/get")
    return get_prompt(from);
  if (method == "resources/read")
    return read_resource(from);
  if (method == "completion/complete")
    return std::string{
      R"({"completion":{"values":["alpha","beta"],"total":2,"hasMore":false}})"};
  // ping, logging/setLevel, resources/subscribe and unsubscribe.
  return std::string{"{}"};
}

void endpoint::finish(exchange& with, outcome result) {
  if (const auto* refusal = std::get_if<mcp::rpc_error>(&result))
    return with.refuse(*refusal);
  mcp::result_frame frame;
  frame.spoken = with.spoken;
  frame.server_info = card_.info;
  std::string members;
  if (const auto* wanted = std::get_if<wants_input>(&result)) {
    if (auto refusal = mcp::check_askable(wanted->requests,
                                          with.params.meta.client_capabilities))
      return with.refuse(*refusal);
    const auto name = with.params.name.value_or("");
    members = mcp::write_input_required(
      wanted->requests,
      wanted->state.empty()
        ? ""
        : mcp::seal_state(wanted->state, {principal, with.one.method, name},
                          now_() + 10min, sealer_,
                          random_bytes<mcp::sealing_salt>()));
    frame.type = "input_required";
  } else {
    members = std::get<std::string>(std::move(result));
    const auto* row = mcp::find_method(with.one.method);
    if (row && row->cacheable)
      frame.cache = mcp::cache_hint{60s, true};
  }
  const auto text = mcp::write_result(with.one.id, members, frame);
  if (!with.dropped)
    return with.end(text);
  auto next = *with.dropped;
  ++next.event;
  sessions_.keep(with.in->key, next, text);
}

} // namespace caisson::conformance
