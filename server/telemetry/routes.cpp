#include "server/telemetry/routes.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/crypto.h>

#include "actors/dependency/compartment.hpp"
#include "protocol/faults.hpp"
#include "server/http/session.hpp"
#include "server/oauth/routes.hpp"
#include "server/telemetry/admin_body.hpp"
#include "server/telemetry/features.hpp"
#include "server/telemetry/forget.hpp"
#include "server/telemetry/keys.hpp"
#include "server/telemetry/later.hpp"

namespace caisson {
namespace {

namespace json = boost::json;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4";

void say(session& to, unsigned status, const json::object& what) {
  to.answer(status, json_type, own(json::serialize(what)));
}

// -- health -------------------------------------------------------------------

struct health {
  bool any_provider = false; ///< one of those that answer may be asked
  json::object each;
  json::array missing; ///< what the node does without at the moment
};

health look_around(const tree& actors) {
  health out;
  for (auto& x : actors.dependencies()) {
    auto passes = x->state() != breaker_state::open
                  && x->mode() != breaker_mode::forced_open;
    out.each[x->name()] = passes ? "ok" : "unavailable";
    if (x->family().serves_models)
      out.any_provider = out.any_provider || passes;
    else if (!passes)
      out.missing.emplace_back(x->name());
  }
  return out;
}

/// Ready as long as one provider may answer: a chain goes around the others.
/// Everything else the node can do without, worse: `degraded` says what.
void ready(session& to, const node_controls& node) {
  json::object out;
  auto found = look_around(*node.actors);
  auto ok = found.any_provider && !node.draining();
  out["status"] = ok ? "ready" : node.draining() ? "draining" : "unavailable";
  out["dependencies"] = std::move(found.each);
  if (!found.missing.empty())
    out["degraded"] = std::move(found.missing);
  if (ok)
    say(to, 200, out);
  else
    to.answer(503, json_type, own(json::serialize(out)), "Retry-After: 1\r\n");
}

// -- admin --------------------------------------------------------------------

bool authorized(const session& from, const node_controls& node) {
  auto token = node.admin_token.load();
  if (!token || token->empty())
    return true;
  constexpr std::string_view scheme = "Bearer ";
  std::string_view shown = from.request().authorization;
  if (!shown.starts_with(scheme))
    return false;
  shown.remove_prefix(scheme.size());
  return shown.size() == token->size()
         && CRYPTO_memcmp(shown.data(), token->data(), shown.size()) == 0;
}

/// The handler behind the token, where there is one.
auto guarded(const node_controls& node,
             std::function<void(session&, incoming&)> then) {
  return [&node, then = std::move(then)](session& from, incoming& request) {
    if (authorized(from, node))
      then(from, request);
    else
      from.refuse(make_fault(errc::auth_invalid_credentials,
                             "this endpoint needs the admin token"),
                  "WWW-Authenticate: Bearer\r\n");
  };
}

void set_breaker(session& to, incoming& request, const node_controls& node) {
  auto mode = breaker_mode_of(wanted_mode(request.body));
  if (!mode) {
    to.refuse(wrong_member(
      "mode", "mode must be auto, forced_open, disabled or metrics_only"));
    return;
  }
  for (auto& x : node.actors->dependencies()) {
    if (x->name() != request.tail)
      continue;
    json::object out;
    out["dependency"] = x->name();
    out["mode"] = name_of(*mode);
    x->set_mode(*mode,
                later(to, [out](session& client) { say(client, 200, out); }));
    node.pass_on({order_kind::breaker, x->name(), std::string{name_of(*mode)}});
    return;
  }
  to.refuse(make_fault(errc::validation_not_found,
                       "there is no dependency of that name"));
}

void set_limits(session& to, incoming& request, const node_controls& node) {
  auto mode = limit_mode_of(wanted_mode(request.body));
  if (!mode) {
    to.refuse(
      wrong_member("mode", "mode must be enforce, log_only or disabled"));
    return;
  }
  node.limits->set_mode(*mode);
  node.pass_on({order_kind::limits, {}, std::string{name_of(*mode)}});
  json::object out;
  out["mode"] = name_of(*mode);
  say(to, 200, out);
}

/// OpenAI's envelope, and in it every problem by its line.
void tell_refused(session& to, const reload_outcome& how) {
  auto why = make_fault(how.code, "nothing was changed");
  auto body
    = json::parse(protocol::error_body(why, {to.request().trace.trace_id}));
  json::array list;
  for (auto& x : how.problems)
    list.push_back(json::string{x});
  body.as_object()["error"].as_object()["problems"] = std::move(list);
  to.through().count_error(why.code);
  to.answer(protocol::http_status(why), json_type, own(json::serialize(body)));
}

void tell_reload(session& to, const reload_outcome& how) {
  if (!how.problems.empty()) {
    tell_refused(to, how);
    return;
  }
  json::object out;
  out["reloaded"] = true;
  say(to, 200, out);
}

void reload(session& to, const node_controls& node) {
  auto client = to.shared_from_this();
  auto id = to.request().id;
  node.reload([client, id](reload_outcome how) {
    boost::asio::post(client->home().context(),
                      [client, id, how = std::move(how)] {
                        if (client->waits_for(id))
                          tell_reload(*client, how);
                      });
  });
}

/// What is gathered from other nodes, when it is there.
void tell_cluster(
  session& to, std::string_view type,
  const std::function<void(std::function<void(std::string)>)>& gather) {
  auto said = std::make_shared<std::string>();
  auto tell = later(to, [said, type](session& client) {
    client.answer(200, type, own(std::move(*said)));
  });
  gather([said, tell](std::string what) {
    *said = std::move(what);
    tell();
  });
}

void show_metrics(session& to, const incoming& request,
                  const node_controls& node) {
  auto whole = request.query == "scope=cluster" && node.cluster_metrics;
  if (whole)
    tell_cluster(to, metrics_type, node.cluster_metrics);
  else
    to.answer(200, metrics_type, own(node.metrics()));
}

/// A node of a cluster shows all of it, unless it is asked for itself.
void show_telemetry(session& to, const incoming& request,
                    const node_controls& node) {
  auto whole = request.query != "scope=node" && node.cluster_telemetry;
  if (whole)
    tell_cluster(to, json_type, node.cluster_telemetry);
  else
    to.answer(200, json_type, own(node.telemetry()));
}

void drain(session& to, const node_controls& node) {
  json::object out;
  out["draining"] = true;
  say(to, 202, out);
  node.drain();
}

void add(route_table& to, http::verb method, std::string path, bool prefix,
         std::string label, route::body takes,
         std::function<void(session&, incoming&)> handle) {
  to.add({method, std::move(path), prefix, std::move(label), takes,
          std::move(handle)});
}

} // namespace

void add_health_routes(route_table& to, const node_controls& node) {
  using enum http::verb;
  auto alive = [](session& from, incoming&) {
    json::object out;
    out["status"] = "ok";
    say(from, 200, out);
  };
  add(to, get, "/health/live", false, "/health/live", route::body::none, alive);
  // The listener opens when the node has started: an answer is the answer.
  add(to, get, "/health/startup", false, "/health/startup", route::body::none,
      alive);
  add(to, get, "/health/ready", false, "/health/ready", route::body::none,
      [&node](session& from, incoming&) { ready(from, node); });
}

route_table telemetry_routes(const node_controls& node) {
  using enum http::verb;
  using enum route::body;
  route_table routes;
  add_health_routes(routes, node);
  add(routes, get, "/metrics", false, "/metrics", none,
      guarded(node, [&node](session& from, incoming& x) {
        show_metrics(from, x, node);
      }));
  add(routes, get, "/telemetry", false, "/telemetry", none,
      guarded(node, [&node](session& from, incoming& x) {
        show_telemetry(from, x, node);
      }));
  add(routes, post, "/admin/breakers/", true, "/admin/breakers/{dependency}",
      route::body::json, guarded(node, [&node](session& from, incoming& x) {
        set_breaker(from, x, node);
      }));
  add(routes, post, "/admin/limits", false, "/admin/limits", route::body::json,
      guarded(node, [&node](session& from, incoming& x) {
        set_limits(from, x, node);
      }));
  add(routes, get, "/admin/features", false, "/admin/features", none,
      guarded(node, [&node](session& from, incoming&) {
        show_features(from, node);
      }));
  add(routes, post, "/admin/features", false, "/admin/features",
      route::body::json, guarded(node, [&node](session& from, incoming& x) {
        set_features(from, x.body, node);
      }));
  add(routes, post, "/admin/keys/", true, "/admin/keys/{name}",
      route::body::json, guarded(node, [&node](session& from, incoming& x) {
        set_key(from, x, node);
      }));
  add(routes, post, "/admin/cache/invalidate", false, "/admin/cache/invalidate",
      route::body::json, guarded(node, [&node](session& from, incoming& x) {
        forget_values(from, x.body, node);
      }));
  add(routes, post, "/admin/oauth/", true, "/admin/oauth/{dependency}",
      route::body::json, guarded(node, [&node](session& from, incoming& x) {
        tell_consent_page(from, x.tail, *node.tokens);
      }));
  add(routes, post, "/admin/reload", false, "/admin/reload", route::body::json,
      guarded(node, [&node](session& from, incoming&) { reload(from, node); }));
  add(routes, post, "/admin/drain", false, "/admin/drain", route::body::json,
      guarded(node, [&node](session& from, incoming&) { drain(from, node); }));
  return routes;
}

} // namespace caisson
