#include "server/gateway/gateway.hpp"

#include <caf/send.hpp>

#include "actors/dependency/compartment.hpp"
#include "protocol/cache_key.hpp"
#include "protocol/canonical_request.hpp"
#include "protocol/chat_request.hpp"
#include "protocol/embeddings_request.hpp"
#include "protocol/kept_answer.hpp"
#include "protocol/kept_vectors.hpp"
#include "protocol/models.hpp"
#include "server/gateway/begun_call.hpp"
#include "server/gateway/chat_reply.hpp"

namespace caisson {
namespace {

constexpr std::string_view json = "application/json";

/// Where clients of each dialect ask.
struct chat_path {
  std::string_view path;
  protocol::wire client;
  protocol::envelope errors;
};

constexpr chat_path chat_paths[] = {
  {"/v1/chat/completions", protocol::wire::openai, protocol::envelope::openai},
  {"/v1/messages", protocol::wire::anthropic, protocol::envelope::anthropic},
};

std::vector<protocol::model_entry> entries(const routing_table& routes) {
  std::vector<protocol::model_entry> result;
  for (auto& x : routes.names())
    result.push_back({x.id, x.owner});
  return result;
}

void list_models(session& to, const tree& actors) {
  to.answer(200, json, own(protocol::models_body(entries(*actors.routes()))));
}

/// Where a request for that name may go: two nodes that share a store may mean
/// different models by it, and so may this one after a reload.
std::string identity_of(const model_route& route) {
  std::string out;
  for (auto& x : route.targets)
    ((out += x.where->name()) += '/') += x.model + ' ';
  return out;
}

/// Whose values they are.
std::string tenant_in(const request_context& context) {
  return protocol::tenant_of(
    context.authorization.empty() ? context.api_key : context.authorization);
}

void show_model(session& to, const tree& actors, std::string_view id) {
  for (auto& x : entries(*actors.routes()))
    if (x.id == id) {
      to.answer(200, json, own(protocol::model_body(x)));
      return;
    }
  auto why = make_fault(errc::llm_model_not_found,
                        "no dependency here serves that model");
  why.param = "model";
  to.refuse(why);
}

} // namespace

std::shared_ptr<call> gateway::begin(const session& from) const {
  return std::make_shared<call>(
    begun_call(from.request(), request_timeout_ms_));
}

std::string_view
gateway::ask_cache(call& what,
                   const std::shared_ptr<const protocol::chat_request>& body,
                   const request_context& context) const {
  if (!actors_.caches()->enabled())
    return {};
  if (!protocol::cacheable(*body) || !what.features.has(feature::caching))
    return "bypass";
  auto route = actors_.routes()->find(what.model);
  if (!route)
    return "bypass";
  what.cached = protocol::keep_answer(
    body, tenant_in(context), identity_of(*route), what.trace_id,
    protocol::read_cache_control(context.cache_control),
    actors_.caches()->compares() && what.features.has(feature::semantic_cache));
  return what.cached && what.cached->looks ? "miss" : "bypass";
}

std::string_view gateway::ask_cache(
  call& what, const std::shared_ptr<const protocol::embeddings_request>& body,
  const request_context& context) const {
  if (!actors_.caches()->enabled())
    return {};
  auto route = actors_.routes()->find(what.model);
  if (!route || !what.features.has(feature::caching))
    return "bypass";
  auto wish = protocol::read_cache_control(context.cache_control);
  what.parts = protocol::keep_vectors(body, tenant_in(context),
                                      identity_of(*route), wish);
  return what.parts && !wish.no_cache ? "miss" : "bypass";
}

void gateway::submit(session& from, call_ptr what, const demand& takes,
                     const protocol::front& by, std::string_view cache) {
  from.watch(this);
  auto go_on = [this, what = std::move(what), &by,
                cache](session& to, std::unique_ptr<chat_bill> bill) {
    auto id = to.request().id;
    auto client = std::make_shared<chat_reply>(
      to.shared_from_this(), by.writer ? by.writer(what->trace_id) : nullptr,
      std::move(bill), cache);
    caf::anon_send(actors_.front_end_of(home_.number()),
                   submission{id, what, std::move(client)});
  };
  limits_.bill(from, takes, std::move(go_on));
}

void gateway::chat(session& from, incoming& request,
                   const protocol::front& by) {
  auto read = by.read(std::move(request.body), std::move(request.kept));
  if (!read) {
    from.refuse(read.error());
    return;
  }
  auto& body = read.value();
  auto what = begin(from);
  what->model = body->model();
  what->stream = body->stream();
  what->body = body;
  auto cache = ask_cache(*what, body, from.request());
  submit(from, std::move(what), demand_of(*body), by, cache);
}

void gateway::embeddings(session& from, incoming& request) {
  auto read = protocol::embeddings_request::read(std::move(request.body));
  if (!read) {
    from.refuse(read.error());
    return;
  }
  auto& body = read.value();
  auto what = begin(from);
  what->model = body->model();
  what->body = body;
  auto cache = ask_cache(*what, body, from.request());
  submit(from, std::move(what), demand_of(*body),
         protocol::front_of(protocol::wire::openai), cache);
}

void gateway::client_gone(std::uint64_t request) {
  caf::anon_send(actors_.front_end_of(home_.number()), client_left{request});
}

route_table api_routes(const tree& actors,
                       std::vector<std::unique_ptr<gateway>>& gateways) {
  route_table routes;
  for (auto& [path, client, errors] : chat_paths) {
    auto& by = protocol::front_of(client);
    routes.add({http::verb::post, std::string{path}, false, std::string{path},
                route::body::json,
                [&gateways, &by](session& from, incoming& request) {
                  gateways[from.home().number()]->chat(from, request, by);
                },
                /* sheddable = */ true, errors, by.keeps, endpoint::llm});
  }
  routes.add({http::verb::post,
              "/v1/embeddings",
              false,
              "/v1/embeddings",
              route::body::json,
              [&gateways](session& from, incoming& request) {
                gateways[from.home().number()]->embeddings(from, request);
              },
              /* sheddable = */ true,
              protocol::envelope::openai,
              {},
              endpoint::llm});
  routes.add(
    {http::verb::get,
     "/v1/models",
     false,
     "/v1/models",
     route::body::none,
     [&actors](session& from, incoming&) { list_models(from, actors); },
     /* sheddable = */ false,
     protocol::envelope::openai,
     {},
     endpoint::read});
  routes.add({http::verb::get,
              "/v1/models/",
              true,
              "/v1/models/{id}",
              route::body::none,
              [&actors](session& from, incoming& request) {
                show_model(from, actors, request.tail);
              },
              /* sheddable = */ false,
              protocol::envelope::openai,
              {},
              endpoint::read});
  return routes;
}

} // namespace caisson
