#include "server/gateway/gateway.hpp"

#include <caf/send.hpp>

#include "protocol/chat_request.hpp"
#include "protocol/models.hpp"
#include "server/gateway/chat_reply.hpp"

namespace caisson {
namespace {

constexpr std::string_view json = "application/json";

/// Where clients of each dialect ask.
constexpr std::pair<std::string_view, protocol::wire> chat_paths[] = {
  {"/v1/chat/completions", protocol::wire::openai},
  {"/v1/messages", protocol::wire::anthropic},
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

void gateway::chat(session& from, incoming& request,
                   const protocol::front& by) {
  auto read = by.read(std::move(request.body), std::move(request.kept));
  if (!read) {
    from.refuse(read.error());
    return;
  }
  auto& context = from.request();
  auto body = std::move(read.value());
  auto what = std::make_shared<call>();
  what->trace_id = context.trace.trace_id;
  what->span_id = context.trace.span_id;
  what->model = body->model();
  what->stream = body->stream();
  millis patience{request_timeout_ms_.load(std::memory_order_relaxed)};
  if (context.wanted_timeout && *context.wanted_timeout < patience) {
    patience = *context.wanted_timeout;
    what->hurried = true;
  }
  what->deadline = context.began + patience;
  what->caller = context.caller;
  what->body = body;
  from.watch(this);
  limits_.bill(from, *body,
               [this, what = std::move(what),
                &by](session& to, std::unique_ptr<chat_bill> bill) {
                 submit(to, what, by, std::move(bill));
               });
}

void gateway::submit(session& to, call_ptr what, const protocol::front& by,
                     std::unique_ptr<chat_bill> bill) {
  auto id = to.request().id;
  auto client = std::make_shared<chat_reply>(
    to.shared_from_this(), by.writer ? by.writer(what->trace_id) : nullptr,
    std::move(bill));
  caf::anon_send(actors_.front_end_of(home_.number()),
                 submission{id, std::move(what), std::move(client)});
}

void gateway::client_gone(std::uint64_t request) {
  caf::anon_send(actors_.front_end_of(home_.number()), client_left{request});
}

route_table api_routes(const tree& actors,
                       std::vector<std::unique_ptr<gateway>>& gateways) {
  route_table routes;
  for (auto& [path, client] : chat_paths) {
    auto& by = protocol::front_of(client);
    routes.add({http::verb::post, std::string{path}, false, std::string{path},
                route::body::json,
                [&gateways, &by](session& from, incoming& request) {
                  gateways[from.home().number()]->chat(from, request, by);
                },
                /* sheddable = */ true, client, by.keeps, endpoint::llm});
  }
  routes.add(
    {http::verb::get,
     "/v1/models",
     false,
     "/v1/models",
     route::body::none,
     [&actors](session& from, incoming&) { list_models(from, actors); },
     /* sheddable = */ false,
     protocol::wire::openai,
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
              protocol::wire::openai,
              {},
              endpoint::read});
  return routes;
}

} // namespace caisson
