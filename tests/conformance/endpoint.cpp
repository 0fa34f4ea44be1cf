#include "tests/conformance/endpoint.hpp"

#include "protocol/mcp/listen.hpp"
#include "protocol/mcp/media.hpp"
#include "tests/conformance/exchange.hpp"

namespace caisson::conformance {

namespace http = boost::beast::http;
namespace mcp = protocol::mcp;

namespace {

constexpr std::string_view session_header = "Mcp-Session-Id";

std::optional<std::string_view> find(const request& from,
                                     std::string_view name) {
  const auto at
    = from.find(boost::beast::string_view{name.data(), name.size()});
  if (at == from.end())
    return std::nullopt;
  return std::string_view{at->value().data(), at->value().size()};
}

mcp::post_head head_of(const request& from) {
  return {find(from, "Content-Type"),
          find(from, "Accept"),
          find(from, session_header),
          {find(from, "MCP-Protocol-Version"), find(from, "Mcp-Method"),
           find(from, "Mcp-Name")}};
}

} // namespace

endpoint::endpoint(std::chrono::sys_seconds (*now)())
  : now_{now}, sealer_{{random_bytes<mcp::sealing_secret>()}} {
  card_.info = R"({"name":"caisson-fixture","version":"1"})";
  card_.capabilities
    = R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},)"
      R"("resources":{"listChanged":true,"subscribe":true},"logging":{},)"
      R"("completions":{}})";
  mirrored_ = mcp::mirrored_arguments(mirrored_schema()).value();
}

void endpoint::refuse(answer& to, const mcp::rpc_error& what) {
  to.send(what.status, mcp::write_error(what));
}

void endpoint::serve(request& from, answer& to) {
  const auto origin = find(from, "Origin");
  if (auto foreign
      = mcp::check_access(find(from, "Host").value_or(""), origin, {}))
    return refuse(to, *foreign);
  if (from.method() == http::verb::options) {
    to.add(mcp::preflight_headers(
      origin.value_or(""),
      find(from, "Access-Control-Request-Headers").value_or("")));
    return to.send(204);
  }
  if (origin)
    to.add(mcp::cors_headers(*origin));
  if (from.method() == http::verb::post)
    return post(from, to);
  if (from.method() == http::verb::get)
    return get(from, to);
  if (from.method() == http::verb::delete_)
    return end_session(from, to);
  to.add("Allow", "GET, POST, DELETE, OPTIONS");
  refuse(to, mcp::refused(405, "Method not allowed"));
}

void endpoint::post(request& from, answer& to) {
  auto what = mcp::admit(from.body(), head_of(from), opener());
  if (what.refusal)
    return refuse(to, *what.refusal);
  // No client that the suite knows sends arrays, and the fixture no answers.
  if (what.body.batch)
    return refuse(to, mcp::invalid_request("one message at a time."));
  exchange with{to, *what.single(), what.params, what.where->spoken, {}, {}};
  with.in = what.in;
  if (what.where->initialize)
    return initialize(with);
  if (with.one.kind != mcp::message_kind::request) {
    if (with.in && with.one.kind == mcp::message_kind::response)
      sessions_.answered(with.in->key, with.one.id, with.one.result);
    return to.send(202);
  }
  if (auto refusal = check_mirrored(with, from))
    return with.refuse(*refusal);
  if (with.one.method == "subscriptions/listen"
      && with.spoken == mcp::era::modern)
    return listen(with);
  run(with);
}

std::optional<mcp::rpc_error>
endpoint::check_mirrored(const exchange& with, const request& from) const {
  if (with.spoken == mcp::era::legacy || with.one.method != "tools/call"
      || with.params.name != "test_x_mcp_header")
    return std::nullopt;
  return mcp::check_param_headers(
    mirrored_, with.params.arguments,
    [&](std::string_view name) { return find(from, name); });
}

mcp::session_opener endpoint::opener() {
  return [this](std::string_view id) -> mcp::checked<mcp::session> {
    auto found = mcp::open_session(id, principal, sealer_, now_());
    if (!found || sessions_.ended(found->key))
      return mcp::session_not_found();
    return *found;
  };
}

void endpoint::initialize(exchange& with) {
  const auto hello = mcp::read_initialize(with.params);
  if (!hello)
    return with.refuse(hello.error());
  mcp::session fresh;
  fresh.key = random_bytes<sessions::key>();
  fresh.spoken = hello->spoken;
  fresh.client = hello->client;
  fresh.expires = now_() + std::chrono::hours{1};
  with.to.add(session_header,
              mcp::seal_session(fresh, principal, sealer_,
                                random_bytes<mcp::sealing_salt>()));
  with.end(mcp::write_result(with.one.id,
                             mcp::write_initialize(fresh.spoken, card_), {}));
}

void endpoint::listen(exchange& with) {
  const auto filter = mcp::read_listen(with.one.params);
  if (!filter)
    return with.refuse(filter.error());
  const auto ear = listeners_.join();
  with.say(mcp::write_acknowledged(with.one.id, *filter));
  while (!with.to.abandoned())
    if (const auto method = listeners_.next(ear))
      if (filter->wants(*method))
        with.say(mcp::write_heard(with.one.id, *method));
  listeners_.leave(ear);
}

/// A stream of a session: replays what its client missed, or stays open for
/// what the fixture has to say by itself, which is nothing.
void endpoint::get(const request& from, answer& to) {
  if (auto wrong = mcp::check_accept_get(find(from, "Accept").value_or("")))
    return refuse(to, *wrong);
  const auto in = mcp::session_in(find(from, session_header), opener());
  if (!in)
    return refuse(to, in.error());
  to.open_stream();
  const auto last
    = mcp::read_event_id(find(from, "Last-Event-ID").value_or(""));
  if (!last) {
    const auto ear = listeners_.join();
    while (!to.abandoned())
      if (!listeners_.next(ear))
        to.send_events(mcp::keep_alive);
    return listeners_.leave(ear);
  }
  std::string events;
  for (const auto& [id, text] : sessions_.wait_after(in->key, *last))
    mcp::append_event(events, text, id);
  to.send_events(events);
  to.close_stream();
}

void endpoint::end_session(const request& from, answer& to) {
  const auto in = mcp::session_in(find(from, session_header), opener());
  if (!in)
    return refuse(to, in.error());
  sessions_.end(in->key);
  to.send(200);
}

} // namespace caisson::conformance
