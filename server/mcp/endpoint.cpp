#include "server/mcp/endpoint.hpp"

#include "protocol/mcp/listen.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/routes.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

mcp::post_head head_of(const kept_fields& from) {
  return {from.find("Content-Type"),
          from.find("Accept"),
          from.find(mcp_session_header),
          {from.find("MCP-Protocol-Version"), from.find("Mcp-Method"),
           from.find("Mcp-Name")}};
}

/// Whether it calls a tool that its caller is not offered: there is none then,
/// whoever has one of that name.
bool hidden(const requester& from, const mcp::message& one,
            const mcp::request_params& params, const mcp_offers& offered) {
  return one.method == "tools/call" && params.name
         && !offered.views.shows(from.request().who.level, *params.name);
}

} // namespace

void mcp_shared::changed(const std::string& uri) {
  news.add(std::string{mcp::resource_news}, uri);
  for (auto& x : streams)
    x->catch_up();
}

void mcp_shared::end(const session_register::key& which,
                     session_register::time expires) {
  sessions.end(which, expires, today());
  answers.drop(which);
  for (auto& x : streams)
    x->end(which);
}

void mcp_shared::offers_changed() {
  for (auto what : mcp::list_news)
    news.add(std::string{what}, {});
  for (auto& x : streams)
    x->catch_up();
}

mcp_endpoint::mcp_endpoint(io_thread& home, mcp_shared& shared,
                           const mcp::own_server& offers,
                           metrics::registry& metrics, const tree& actors,
                           limit_desk& limits,
                           const std::atomic<std::int64_t>& request_timeout_ms)
  : home_(home), shared_(shared), offers_(offers), limits_(limits),
    counts_(metrics), desk_(home, actors, shared.calls, shared.held, counts_,
                            shared.control, request_timeout_ms),
    own_({home, actors, limits, shared.calls, counts_, shared.control, offers,
          request_timeout_ms, [&shared] { return shared.upstreams->now(); }}) {
  for (auto& x : offers_.offers().tools)
    counts_.expect(x.name);
}

// -- at the door --------------------------------------------------------------

bool mcp_endpoint::foreign(requester& from, const kept_fields& head,
                           const mcp_rules& rules) const {
  auto why = mcp::check_access(head.find("Host").value_or(""),
                               head.find("Origin"), rules.access);
  if (why)
    say(from, *why);
  return why.has_value();
}

void mcp_endpoint::preflight(requester& from, incoming& request) {
  auto rules = shared_.control.rules();
  if (foreign(from, request.head, *rules))
    return;
  std::string fields = "Allow: GET, POST, DELETE, OPTIONS\r\n";
  if (auto origin = request.head.find("Origin"))
    fields += field_lines(mcp::preflight_headers(
      *origin,
      request.head.find("Access-Control-Request-Headers").value_or("")));
  from.answer(204, {}, {}, fields);
}

// -- messages -----------------------------------------------------------------

void mcp_endpoint::post(requester& from, incoming& request) {
  auto rules = shared_.control.rules();
  if (foreign(from, request.head, *rules))
    return;
  auto what
    = mcp::admit(request.body, head_of(request.head), opener(from, *rules));
  take(from, what, &request.head, *rules);
}

void mcp_endpoint::take(requester& from, const admission& what,
                        const kept_fields* head, const mcp_rules& rules) {
  if (what.refusal)
    return refuse(from, what, *what.refusal);
  if (what.body.batch)
    return serve_batch(from, what);
  if (what.single()->kind == mcp::message_kind::request)
    return serve_one(from, what, head, rules);
  take_word(what, *what.single());
  from.answer(202, {}, {});
}

void mcp_endpoint::refuse(requester& from, const admission& what,
                          const rpc_error& why) {
  auto* one = what.single();
  auto told = why;
  if (one && one->kind == mcp::message_kind::request)
    told.id = one->id;
  counts_.message(one ? std::string_view{one->method} : std::string_view{},
                  what.where ? std::optional{what.where->spoken} : std::nullopt,
                  &told);
  say(from, told);
}

void mcp_endpoint::serve_one(requester& from, const admission& what,
                             const kept_fields* head, const mcp_rules& rules) {
  auto& one = *what.single();
  if (what.where->initialize)
    return initialize(from, what, rules);
  if (one.method == "subscriptions/listen"
      && what.where->spoken == mcp::era::modern)
    return listen(from, what, rules);
  auto offered = shared_.upstreams->now();
  if (!settled(from, one, what.params, *offered)
      && (pass_on(from, what, head, *offered)
          || own_.take(from, what, manner_of(what, head))))
    return;
  auto how = serve(from, what, one, what.params, *offered);
  count(what, one, how);
  auto* refusal = std::get_if<rpc_error>(&how.what);
  from.answer(refusal ? refusal->status : 200, json_media,
              own(offers_.write(what.where->spoken, one, how)));
}

void mcp_endpoint::listen(requester& from, const admission& what,
                          const mcp_rules& rules) {
  auto& one = *what.single();
  auto filter = mcp::read_listen(one.params);
  if (!filter)
    return refuse(from, what, filter.error());
  std::erase_if(filter->uris, [this](auto& uri) { return !readable(uri); });
  auto seat = shared_.sessions.take(nullptr, rules.max_streams);
  if (seat.how != session_register::place::taken)
    return from.refuse(no_room());
  counts_.message(one.method, mcp::era::modern, nullptr);
  auto uris = filter->uris;
  shared_.streams[home_.number()]->open(from, one.id, seat.number,
                                        std::move(*filter));
  for (auto& uri : uris)
    shared_.upstreams->want(std::move(uri));
}

bool mcp_endpoint::settled(const requester& from, const mcp::message& one,
                           const mcp::request_params& params,
                           const mcp_offers& offered) {
  auto kept = one.method == "resources/read" && params.uri
              && mcp::is_spill_uri(*params.uri);
  return kept || hidden(from, one, params, offered);
}

mcp::outcome mcp_endpoint::serve(const requester& from, const admission& what,
                                 const mcp::message& one,
                                 const mcp::request_params& params,
                                 const mcp_offers& offered) {
  auto legacy = what.where->spoken == mcp::era::legacy;
  if (legacy
      && (one.method == "resources/subscribe"
          || one.method == "resources/unsubscribe"))
    return subscribe(*what.in, one.method, params);
  if (legacy && one.method == "initialize")
    return {mcp::invalid_request("the session has begun before.")};
  if (hidden(from, one, params, offered))
    return {mcp::no_such_tool()};
  if (auto kept = read_spilled(from, what.where->spoken, one, params))
    return std::move(*kept);
  if (what.body.batch && mcp::route_upstream(offered.what, one, params))
    return {mcp::invalid_request("what others offer is not to be asked for in "
                                 "an array.")};
  auto& context = from.request();
  if (what.body.batch && one.method == "tools/call" && params.name
      && limits_.counts_calls({context.who, context.limited}, *params.name))
    return {mcp::invalid_request("a tool whose calls are counted is not to be "
                                 "called in an array.")};
  auto how = offers_.serve(what.where->spoken, one, params,
                           offered.seen_by(context.who.level));
  how.personal = offered.views.differ();
  if (legacy && one.method == "logging/setLevel")
    if (auto level = mcp::log_level_of(mcp::member_of(one.params, "level"))) {
      shared_.sessions.set_level(what.in->key, *level, what.in->expires,
                                 today());
      tell_nodes(*what.in, order_kind::log_level, {}, mcp::json_of(*level));
    }
  return how;
}

/// Clients of 2025-03-26 and before may say several things at once. Their
/// answers are one array, in the order of the requests.
void mcp_endpoint::serve_batch(requester& from, const admission& what) {
  auto offered = shared_.upstreams->now();
  std::string all = "[";
  for (auto& one : what.body.messages) {
    if (one.kind != mcp::message_kind::request) {
      take_word(what, one);
      continue;
    }
    auto how = serve(from, what, one, mcp::read_params(one.params), *offered);
    count(what, one, how);
    if (all.size() > 1)
      all += ',';
    all += offers_.write(mcp::era::legacy, one, how);
  }
  if (all.size() == 1)
    from.answer(202, {}, {});
  else
    from.answer(200, json_media, own(all + ']'));
}

void mcp_endpoint::count(const admission& what, const mcp::message& one,
                         const mcp::outcome& how) {
  auto* refusal = std::get_if<rpc_error>(&how.what);
  counts_.message(one.method, what.where->spoken, refusal);
  if (one.method == "tools/call")
    counts_.call(how.tool, refusal           ? "refused"
                           : how.tool_failed ? "failed"
                                             : "ok");
}

} // namespace caisson
