#include "server/mcp/service.hpp"

#include <algorithm>
#include <tuple>

#include "actors/dependency/family.hpp"
#include "actors/telemetry/families.hpp"
#include "protocol/mcp/agent_tool.hpp"
#include "protocol/mcp/conversation_lookup.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/node_view.hpp"
#include "server/mcp/routes.hpp"

namespace caisson {
namespace {

constexpr std::string_view info
  = R"({"name":"caisson","title":"Caisson","version":")" CAISSON_VERSION
    R"("})";

/// What the own desks answer.
std::vector<protocol::mcp::tool_offer> later_offers() {
  auto all = protocol::mcp::conversation_offers();
  all.insert(all.begin(), protocol::mcp::agent_chat_offer());
  return all;
}

} // namespace

mcp_service::mcp_service(const settings& with,
                         const std::vector<std::unique_ptr<io_thread>>& threads,
                         node_facts facts, metrics::registry& metrics)
  : name_(with.node.name), facts_(std::move(facts)),
    config_(std::make_shared<const std::string>(config_view(with))),
    shared_(std::make_shared<mcp_shared>(with, *facts_.revoked)),
    offers_(std::string{info},
            {{std::string{status_uri}, "status", "Status of the node",
              "Whether the node serves, and which of its dependencies answer.",
              [this] { return status(); }},
             {std::string{config_uri}, "config", "Configuration of the node",
              "What the node was told, without addresses, keys and secrets.",
              [this] { return *config_.load(); }}},
            with.mcp.own_offers, later_offers()) {
  shared_->pass_on = facts_.pass_on;
  for (auto& x : threads) {
    shared_->streams.push_back(
      std::make_unique<mcp_streams>(*x, shared_->of_streams()));
    endpoints_.push_back(std::make_unique<mcp_endpoint>(
      *x, *shared_, offers_, metrics, *facts_.actors,
      *facts_.limits->at(x->number()), *facts_.request_timeout_ms));
    shared_->desks.push_back(&endpoints_.back()->desk());
    shared_->own_desks.push_back(&endpoints_.back()->later());
  }
  upstreams_ = std::make_unique<mcp_upstreams>(
    *threads.front(), *facts_.actors, offers_.offers(), with.mcp.tiers,
    mcp_upstreams::helpers{
      [&shared = *shared_] { shared.offers_changed(); },
      [&shared = *shared_](const std::string& uri) { shared.changed(uri); },
      [&shared = *shared_] { return shared.sessions.interest_lost(); },
      [&shared = *shared_](const std::string& uri) {
        return shared.sessions.wanted(uri);
      },
      facts_.watch});
  shared_->upstreams = upstreams_.get();
  upstreams_->apply(with.dependencies, with.mcp.tiers);
  metrics.collect(shared_, [&all = *shared_](const metrics::sink& out) {
    out({&families::mcp_streams,
         {},
         static_cast<double>(all.sessions.streams()),
         {},
         0});
    out({&families::mcp_spilled_bytes,
         {},
         static_cast<double>(all.spilled.bytes()),
         {},
         0});
  });
  // From the start at 0: a rate cannot see the first step of a new series.
  for (auto& x : with.dependencies)
    if (family_of(x.kind).offers_tools)
      metrics.counter(families::mcp_large_results,
                      {x.name, std::string{name_of(x.mcp.on_large_result)}});
}

std::string mcp_service::status() const {
  auto up
    = std::chrono::duration<double>(io_thread::now() - facts_.started).count();
  return status_view(name_, up, facts_.draining(), *facts_.actors);
}

void mcp_service::add_routes(route_table& to) {
  add_mcp_routes(to, shared_->control, endpoints_);
}

std::shared_ptr<pipe_client> mcp_service::serve_pipe(io_thread& home,
                                                     pipe_client::plan plan) {
  plan.endpoint = endpoints_[home.number()].get();
  plan.shared = shared_.get();
  return std::make_shared<pipe_client>(home, std::move(plan));
}

namespace {

std::optional<session_register::key> key_of(std::string_view bytes) {
  session_register::key out{};
  if (bytes.size() != out.size())
    return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

session_register::time moment(std::chrono::milliseconds since_1970) {
  return session_register::time{
    std::chrono::duration_cast<std::chrono::seconds>(since_1970)};
}

} // namespace

void mcp_service::end_session(std::string_view key,
                              std::chrono::milliseconds expires) {
  if (auto which = key_of(key))
    shared_->end(*which, moment(expires));
}

void mcp_service::subscribe(std::string_view key_and_uri, bool really,
                            std::chrono::milliseconds expires) {
  constexpr auto size = std::tuple_size_v<session_register::key>;
  auto which = key_of(key_and_uri.substr(0, size));
  if (!which || shared_->sessions.ended(*which))
    return;
  std::string uri{key_and_uri.substr(size)};
  if (!really)
    shared_->sessions.unsubscribe(*which, uri);
  else if (shared_->sessions.subscribe(*which, uri, moment(expires), today()))
    upstreams_->want(std::move(uri));
}

void mcp_service::set_level(std::string_view key, std::string_view level,
                            std::chrono::milliseconds expires) {
  auto which = key_of(key);
  auto known = protocol::mcp::log_level_of(level);
  if (which && known && !shared_->sessions.ended(*which))
    shared_->sessions.set_level(*which, *known, moment(expires), today());
}

void mcp_service::apply(const settings& with) {
  shared_->control.apply(with);
  shared_->spilled.apply(with.mcp.spill);
  upstreams_->apply(with.dependencies, with.mcp.tiers);
  auto shown = config_view(with);
  if (shown == *config_.load())
    return;
  config_ = std::make_shared<const std::string>(std::move(shown));
  shared_->changed(std::string{config_uri});
}

} // namespace caisson
