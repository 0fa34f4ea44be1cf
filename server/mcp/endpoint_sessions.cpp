// Sessions: how they begin, what is heard in them, how they end.
#include "server/mcp/endpoint.hpp"

#include "protocol/http/trimmed.hpp"
#include "protocol/mcp/media.hpp"
#include "protocol/mcp/reply.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// A GET or DELETE in a session is of a revision that has them.
std::optional<mcp::rpc_error> check_version(const kept_fields& head) {
  auto named = head.find("MCP-Protocol-Version");
  if (!named)
    return std::nullopt;
  auto known = mcp::revision_of(http::trimmed(*named));
  if (!known || mcp::era_of(*known) != mcp::era::legacy)
    return mcp::unsupported_legacy_version();
  return std::nullopt;
}

} // namespace

mcp::session_opener mcp_endpoint::opener(const requester& from,
                                         const mcp_rules& rules) {
  return
    [this, &from, &rules](std::string_view id) -> mcp::checked<mcp::session> {
      auto found = opened_.open(id, principal_of(from), rules.seals,
                                rules.version, today());
      if (!found || shared_.sessions.ended(found->key))
        return mcp::session_not_found();
      return *found;
    };
}

std::optional<mcp::session> mcp_endpoint::enter(requester& from,
                                                const kept_fields& head,
                                                const mcp_rules& rules) {
  auto wrong = check_version(head);
  if (!wrong) {
    auto in
      = mcp::session_in(head.find(mcp_session_header), opener(from, rules));
    if (in)
      return *in;
    wrong = in.error();
  }
  counts_.message({}, mcp::era::legacy, &*wrong);
  say(from, *wrong);
  return std::nullopt;
}

void mcp_endpoint::get(requester& from, incoming& request) {
  auto rules = shared_.control.rules();
  if (foreign(from, request.head, *rules))
    return;
  if (from.request().method == http::verb::head)
    return from.answer(
      405, json_media,
      own(mcp::write_error(mcp::refused(405, "Method not allowed"))),
      "Allow: GET, POST, DELETE, OPTIONS\r\n");
  if (auto wrong
      = mcp::check_accept_get(request.head.find("Accept").value_or("")))
    return say(from, *wrong);
  auto in = enter(from, request.head, *rules);
  if (!in)
    return;
  if (auto last = request.head.find("Last-Event-ID"); last && !last->empty())
    return resume(from, *in, *last, *rules);
  auto seat = shared_.sessions.take(&in->key, rules->max_streams);
  switch (seat.how) {
    case session_register::place::taken:
      return shared_.streams[home_.number()]->open(from, *in, seat.number);
    case session_register::place::twice:
      return say(from, mcp::refused(409, "The session has its stream"));
    case session_register::place::full:
      return from.refuse(no_room());
  }
}

void mcp_endpoint::resume(requester& from, const mcp::session& in,
                          std::string_view last, const mcp_rules& rules) {
  auto id = mcp::read_event_id(http::trimmed(last));
  if (!id)
    return say(from, mcp::refused(400, "No such event"));
  auto& streams = *shared_.streams[home_.number()];
  auto news = news_log::names(*id);
  auto seat
    = shared_.sessions.take(news ? &in.key : nullptr, rules.max_streams, true);
  if (seat.how != session_register::place::taken)
    return from.refuse(no_room());
  if (news) {
    // However its old connection looks from here: it has lost it.
    for (auto& x : shared_.streams)
      x->replace(in.key, seat.number);
    return streams.open(from, in, seat.number, *id);
  }
  if (streams.open_rest(from, in, seat.number, *id))
    return;
  shared_.sessions.leave(nullptr, seat.number);
  say(from, mcp::refused(400, "The event is not known, or not any more"));
}

void mcp_endpoint::end_session(requester& from, incoming& request) {
  auto rules = shared_.control.rules();
  if (foreign(from, request.head, *rules))
    return;
  auto in = enter(from, request.head, *rules);
  if (!in)
    return;
  shared_.end(in->key, in->expires);
  tell_nodes(*in, order_kind::session_end);
  from.answer(200, {}, {});
}

void mcp_endpoint::tell_nodes(const mcp::session& in, order_kind what,
                              std::string_view uri, std::string_view word) {
  order known;
  known.kind = what;
  known.subject.assign(in.key.begin(), in.key.end());
  known.subject += uri;
  known.word = word;
  known.until = static_cast<std::uint64_t>(
    std::chrono::milliseconds{in.expires.time_since_epoch()}.count());
  shared_.pass_on(known);
}

mcp::checked<mcp_endpoint::beginning>
mcp_endpoint::begin_session(const admission& what, std::chrono::seconds ttl,
                            tier level) {
  auto& one = *what.single();
  auto hello = mcp::read_initialize(what.params);
  if (!hello)
    return hello.error();
  beginning fresh;
  fresh.in.key = random_bytes<session_register::key>();
  fresh.in.spoken = hello->spoken;
  fresh.in.client = hello->client;
  fresh.in.expires = today() + ttl;
  fresh.answer = mcp::write_result(
    one.id,
    mcp::write_initialize(
      fresh.in.spoken, offers_.card(shared_.upstreams->now()->seen_by(level))),
    {});
  counts_.message(one.method, mcp::era::legacy, nullptr);
  return fresh;
}

void mcp_endpoint::initialize(requester& from, const admission& what,
                              const mcp_rules& rules) {
  auto fresh = begin_session(what, rules.session_ttl, from.request().who.level);
  if (!fresh)
    return refuse(from, what, fresh.error());
  auto id = mcp::seal_session(fresh->in, principal_of(from), rules.seals,
                              random_bytes<mcp::sealing_salt>());
  from.answer(200, json_media, own(std::move(fresh->answer)),
              std::string{mcp_session_header} + ": " + id + "\r\n");
}

mcp::outcome mcp_endpoint::subscribe(const mcp::session& in,
                                     std::string_view method,
                                     const mcp::request_params& params) {
  if (!params.uri)
    return {mcp::invalid_params("uri must be a string.")};
  if (!readable(*params.uri))
    return {mcp::resource_not_found(mcp::era::legacy, *params.uri)};
  auto ends = method == "resources/unsubscribe";
  if (ends)
    shared_.sessions.unsubscribe(in.key, *params.uri);
  else if (shared_.sessions.subscribe(in.key, *params.uri, in.expires, today()))
    shared_.upstreams->want(*params.uri);
  else
    return {mcp::invalid_params("there is no room for more subscriptions.")};
  tell_nodes(in, order_kind::subscription, *params.uri, ends ? "off" : "on");
  return {std::string{"{}"}};
}

bool mcp_endpoint::readable(const std::string& uri) const {
  return offers_.has_resource(uri)
         || shared_.upstreams->now()->what.reader(uri).has_value();
}

} // namespace caisson
