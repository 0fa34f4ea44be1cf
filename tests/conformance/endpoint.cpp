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

mcp::standard_headers headers_of(const request& from) {
  return {find(from, "MCP-Protocol-Version"), find(from, "Mcp-Method"),
          find(from, "Mcp-Name")};
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
  if (auto wrong
      = mcp::check_content_type(find(from, "Content-Type").value_or("")))
    return refuse(to, *wrong);
  auto body = mcp::read_body(from.body());
  if (!body)
    return refuse(to, body.error());
  const auto& one = body->messages.front();
  const auto params = mcp::read_params(one.params);
  const auto where = mcp::decide_era(*body, params, headers_of(from));
  if (!where)
    return refuse(to, where.error());
  // No client that the suite knows sends arrays, and the fixture no answers.
  if (body->batch)
    return refuse(to, mcp::invalid_request("one message at a time."));
  exchange with{to, one, params, where->spoken, {}, {}};
  if (where->spoken == mcp::era::legacy)
    return legacy(with, from, *where);
  if (auto refusal = check_mirrored(with, from))
    return with.refuse(*refusal);
  modern(with);
}

std::optional<mcp::rpc_error>
endpoint::check_mirrored(const exchange& with, const request& from) const {
  if (with.one.method != "tools/call"
      || with.params.name != "test_x_mcp_header")
    return std::nullopt;
  return mcp::check_param_headers(
    mirrored_, with.params.arguments,
    [&](std::string_view name) { return find(from, name); });
}

mcp::checked<mcp::session> endpoint::session_of(const request& from) {
  const auto id = find(from, session_header);
  if (!id)
    return mcp::session_required();
  auto found = mcp::open_session(*id, principal, sealer_, now_());
  if (!found || sessions_.ended(found->key))
    return mcp::session_not_found();
  return *found;
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

void endpoint::legacy(exchange& with, const request& from,
                      const mcp::route& where) {
  if (auto wrong = mcp::check_accept_post(find(from, "Accept").value_or("")))
    return with.refuse(*wrong);
  if (where.initialize) {
    if (find(from, session_header))
      return with.refuse(mcp::invalid_request("the session has begun before."));
    return initialize(with);
  }
  const auto in = session_of(from);
  if (!in)
    return with.refuse(in.error());
  with.in = *in;
  switch (with.one.kind) {
    case mcp::message_kind::request:
      return run(with);
    case mcp::message_kind::response:
      sessions_.answered(in->key, with.one.id, with.one.result);
      [[fallthrough]];
    case mcp::message_kind::notification:
      return with.to.send(202);
  }
}

void endpoint::modern(exchange& with) {
  if (with.one.kind == mcp::message_kind::notification)
    return with.to.send(202);
  if (!mcp::has_method(mcp::era::modern, with.one.method))
    return with.refuse(
      mcp::method_not_found(mcp::era::modern, with.one.method));
  if (with.one.method == "subscriptions/listen")
    return listen(with);
  run(with);
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
  const auto in = session_of(from);
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
  const auto in = session_of(from);
  if (!in)
    return refuse(to, in.error());
  sessions_.end(in->key);
  to.send(200);
}

} // namespace caisson::conformance
