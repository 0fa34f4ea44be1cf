// What goes on to upstream servers, and what clients say of it later.
#include "server/mcp/endpoint.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/request_state.hpp"
#include "server/mcp/asker.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// What a session hears of the logs of servers that has said nothing of it.
constexpr mcp::log_level usual_level = mcp::log_level::info;

std::optional<mcp::log_level>
named_level(const std::optional<std::string>& name) {
  if (!name)
    return std::nullopt;
  std::string json;
  protocol::json::append_string(json, *name);
  return mcp::log_level_of(json);
}

/// A response of a client in the words of its server, under that one's id.
std::string response_to(std::string_view id, const mcp::message& from) {
  std::string text;
  {
    protocol::json::object_writer root{text};
    root.raw("jsonrpc", R"("2.0")");
    root.raw("id", id);
    if (from.error.empty())
      root.raw("result", from.result);
    else
      root.raw("error", from.error);
  }
  return text;
}

/// What a modern request asks for.
const std::string& named_in(const mcp::admission& what) {
  static const std::string nothing;
  auto& params = what.params;
  return params.name ? *params.name : params.uri ? *params.uri : nothing;
}

} // namespace

upstream_reply::plan mcp_endpoint::client_of(requester& from,
                                             const admission& what,
                                             const kept_fields* head) const {
  auto& one = *what.single();
  auto& meta = what.params.meta;
  upstream_reply::plan client;
  client.to = from.hold();
  client.in = what.in;
  client.by.spoken = what.where->spoken;
  client.by.id = one.id;
  client.by.method = one.method;
  client.by.uri = what.params.uri.value_or("");
  client.by.progress_token = meta.progress_token;
  if (what.in) {
    client.by.client = what.in->client;
    client.by.level
      = shared_.sessions.level(what.in->key).value_or(usual_level);
  } else {
    client.by.level = named_level(meta.log_level);
    client.by.client = mcp::read_features(meta.client_capabilities);
    client.principal = principal_of(from);
    client.name = named_in(what);
  }
  client.how = manner_of(what, head);
  return client;
}

mcp::result_keeper mcp_endpoint::keeper_for(const requester& from,
                                            const admission& what) const {
  return {[&shelf = shared_.spilled, owner = principal_of(from)](
            std::string text, std::string_view media, std::uint64_t most) {
            return shelf.keep(owner, std::move(text), media, most);
          },
          !what.in || what.in->spoken >= mcp::revision::v2025_06_18};
}

std::optional<mcp::outcome>
mcp_endpoint::read_spilled(const requester& from, mcp::era spoken,
                           const mcp::message& one,
                           const mcp::request_params& params) const {
  if (one.method != "resources/read" || !params.uri
      || !mcp::is_spill_uri(*params.uri))
    return std::nullopt;
  auto where = mcp::read_spill_uri(*params.uri);
  auto found
    = where ? shared_.spilled.find(principal_of(from), where->id) : nullptr;
  if (!found || where->part > found->parts())
    return mcp::outcome{mcp::resource_not_found(spoken, *params.uri)};
  return mcp::outcome{mcp::write_part(*found, *where)};
}

late_answer::manner mcp_endpoint::manner_of(const admission& what,
                                            const kept_fields* head) const {
  late_answer::manner how;
  how.streams = !head
                || head->find("Accept").value_or("").find(stream_media)
                     != std::string_view::npos;
  // A pipe is not come back to.
  if (head && what.in) {
    how.shelf = &shared_.answers;
    how.in = what.in;
  }
  return how;
}

bool mcp_endpoint::pass_on(requester& from, const admission& what,
                           const kept_fields* head, const mcp_offers& offered) {
  auto& one = *what.single();
  auto route = mcp::route_upstream(offered.what, one, what.params);
  if (!route)
    return false;
  auto modern = what.where->spoken == mcp::era::modern;
  if (modern && head)
    if (auto wrong = mcp::check_param_headers(
          route->to.what->mirrored, what.params.arguments,
          [&](std::string_view name) { return head->find(name); })) {
      refuse(from, what, *wrong);
      return true;
    }
  std::optional<std::map<std::string, std::string>> given;
  if (modern && what.params.request_state
      && led_back(from, what, head, *route, given))
    return true;
  auto client = client_of(from, what, head);
  auto& asked = *route->call;
  asked.asked_in = what.where->spoken;
  asked.client = client.by.client;
  asked.level = modern ? client.by.level : shared_.sessions.level(what.in->key);
  if (modern && !what.params.meta.client_capabilities.empty())
    asked.capabilities = what.params.meta.client_capabilities;
  if (given) {
    asked.answers.clear();
    client.given = std::move(*given);
  }
  client.rules = offered.what.server(route->to.server).rules;
  client.where = offered.where[route->to.server];
  if (one.method == "tools/call")
    client.tool = *what.params.name;
  if (client.rules.on_large_result == large_result::spill)
    client.by.keeper = keeper_for(from, what);
  put(from, std::move(client), std::move(*route));
  return true;
}

void mcp_endpoint::put(requester& from, upstream_reply::plan client,
                       mcp::upstream_route what) {
  auto& context = from.request();
  limit_desk::account whose{context.who, context.limited};
  if (client.tool.empty() || !limits_.counts_calls(whose, client.tool))
    return desk_.put(std::move(client), std::move(what));
  auto tool = client.tool;
  limits_.count_call(
    whose, tool,
    [this, client = std::move(client), what = std::move(what),
     id = context.id](const auto& over) {
      auto heard = client.to->waits_for(id);
      if (!over && (heard || client.in))
        return desk_.put(client, what);
      counts_.unserved(client.by.method, client.by.spoken);
      counts_.call(client.tool, over ? "limited" : "cancelled");
      if (!over || !heard)
        return;
      client.to->through().count_error(over->why.code);
      client.to->answer(200, json_media,
                        own(limited_answer(*client.to, client.by.id, *over)),
                        retry_after_line(over->why));
    });
}

bool mcp_endpoint::led_back(
  requester& from, const admission& what, const kept_fields* head,
  const mcp::upstream_route& route,
  std::optional<std::map<std::string, std::string>>& given) {
  auto& one = *what.single();
  auto state = mcp::open_state(*what.params.request_state,
                               {principal_of(from), one.method, named_in(what)},
                               shared_.control.rules()->seals, today());
  held_calls::name call;
  // Another's: that of the server, which knows what it means.
  if (!state || state->size() != call.size())
    return false;
  std::copy(state->begin(), state->end(), call.begin());
  given.emplace();
  mcp::each_member_of(what.params.input_responses,
                      [&](std::string_view key, std::string_view result) {
                        if (result.starts_with('{'))
                          given->emplace(key, result);
                      });
  if (auto at = shared_.held.find(call)) {
    returned_client::words said{std::string{one.id},
                                std::string{what.params.meta.progress_token},
                                std::move(*given)};
    desk_.lead_back(from, manner_of(what, head), std::move(said),
                    *shared_.desks[at->thread], at->request);
    return true;
  }
  // It is another node's, or over.
  if (mcp::repeatable(route))
    return false;
  refuse(from, what,
         mcp::invalid_params("the call that asked this is over, and the tool "
                             "does not say that it may be called again."));
  return true;
}

void mcp_endpoint::take_word(const admission& what, const mcp::message& one) {
  counts_.message(one.method, what.where->spoken, nullptr);
  if (!what.in)
    return;
  auto& calls = shared_.calls;
  if (one.kind == mcp::message_kind::response) {
    if (auto asked = calls.answered(what.in->key, one.id)) {
      auto* desk = shared_.desks[asked->thread];
      auto waits = !asked->id.empty();
      auto text = response_to(waits ? asked->id : std::string{one.id}, one);
      if (waits)
        desk->pass_on(std::move(*asked), std::move(text));
      else
        desk->answered(asked->request, std::string{one.id}, std::move(text));
    }
  } else if (one.method == "notifications/cancelled") {
    auto id = mcp::member_of(one.params, "requestId");
    if (auto running = calls.find(what.in->key, id)) {
      // It is known at one of them.
      shared_.desks[running->thread]->cancel_there(running->request);
      shared_.own_desks[running->thread]->cancel_there(running->request);
    }
  }
}

} // namespace caisson
