#include "server/providers/port_factory.hpp"

#include <boost/asio/post.hpp>

#include "actors/dependency/family.hpp"
#include "protocol/openapi/document.hpp"
#include "server/providers/simulated_port.hpp"
#include "server/redis/address.hpp"
#include "server/redis/port.hpp"
#include "server/redis/subscription.hpp"
#include "server/sqlite/port.hpp"
#include "server/upstream/away_port.hpp"
#include "server/upstream/mcp_pipe.hpp"
#include "server/upstream/mcp_port.hpp"
#include "server/upstream/openapi_port.hpp"
#include "server/upstream/provider_port.hpp"
#include "server/upstream/request_head.hpp"
#include "server/upstream/tls.hpp"

namespace caisson {
namespace {

/// A dependency that cannot be talked to as configured: every attempt says so.
/// The config is checked before; what can still fail is a file that has gone.
class broken_port final : public dependency_port {
public:
  broken_port(boost::asio::io_context& io, fault why)
    : io_(io), why_(std::move(why)) {}

  std::unique_ptr<exchange>
  start(const attempt&, std::unique_ptr<exchange_listener> listener) override {
    std::shared_ptr<exchange_listener> shared{std::move(listener)};
    boost::asio::post(io_, [shared, why = why_] { shared->failed(why); });
    return std::make_unique<exchange>();
  }

private:
  boost::asio::io_context& io_;
  fault why_;
};

fault no_authorities(const dependency_settings& of) {
  return make_fault(family_of(of.kind).unavailable, failure_kind::tls,
                    "the authorities of the dependency cannot be read");
}

fault unusable_key() {
  return make_fault(errc::config_invalid, failure_kind::credentials,
                    "the server's key is not one");
}

} // namespace

port_factory::port_factory(std::vector<std::unique_ptr<io_thread>>& threads,
                           journal& log, metrics::registry& metrics,
                           oauth::authorizers& tokens)
  : threads_(threads), log_(log), metrics_(metrics), tokens_(tokens),
    names_(std::make_shared<upstream::resolver>()) {
  // nop
}

port_factory::tls_context
port_factory::tls_for(const dependency_settings& settings,
                      std::string_view speaks) {
  std::lock_guard guard{lock_};
  auto& known = tls_[{settings.ca_file, speaks}];
  if (known)
    return known;
  auto made = upstream::client_context(
    settings.ca_file.empty() ? std::nullopt : std::optional{settings.ca_file},
    speaks);
  if (made)
    known = made.value();
  else
    log_.note(severity::error, "dependency",
              settings.name + " has no TLS: " + made.error().detail);
  return known;
}

std::shared_ptr<upstream::kept_prefixes>
port_factory::kept_for(const dependency_settings& settings) {
  if (!settings.prompt_cache)
    return nullptr;
  std::lock_guard guard{lock_};
  auto& known = accounts_[settings.name];
  if (!known.kept || known.url != settings.url
      || known.api_key != settings.api_key)
    known = {settings.url, settings.api_key,
             std::make_shared<upstream::kept_prefixes>()};
  return known.kept;
}

std::shared_ptr<dependency_port>
port_factory::make_store(const dependency_settings& settings,
                         boost::asio::io_context& io) {
  auto where = redis::address::parse(settings.url);
  if (!where)
    return std::make_shared<broken_port>(io, where.error());
  auto tls = where->tls ? tls_for(settings, {}) : nullptr;
  if (where->tls && !tls)
    return std::make_shared<broken_port>(io, no_authorities(settings));
  return std::make_shared<redis::store_port>(
    *where, redis::access_of(settings, io, names_, std::move(tls)),
    settings.name, log_);
}

std::shared_ptr<dependency_port>
port_factory::make_storage(const dependency_settings& settings,
                           boost::asio::io_context& io) {
  auto where = sqlite::address::parse(settings.url);
  if (!where)
    return std::make_shared<broken_port>(
      io, make_fault(errc::config_invalid, failure_kind::refused,
                     "the storage has no address"));
  std::lock_guard guard{lock_};
  auto& known = clerks_[settings.name];
  if (!known)
    known = std::make_shared<sqlite::clerk>(sqlite::clerk::plan{
      settings.name, std::move(*where), {settings.max_size}, &log_});
  return std::make_shared<sqlite::storage_port>(io, known);
}

std::shared_ptr<announcements>
port_factory::listen(const dependency_settings& settings, std::size_t thread,
                     metrics::registry& home) {
  auto where = redis::address::parse(settings.url);
  auto tls = where && where->tls ? tls_for(settings, {}) : nullptr;
  if (!where || (where->tls && !tls)) {
    log_.note(severity::error, "subscription",
              settings.name + " cannot be listened to as configured");
    return nullptr;
  }
  return std::make_shared<redis::subscription>(
    *where,
    redis::access_of(settings, threads_[thread]->context(), names_,
                     std::move(tls)),
    settings.name, home, log_);
}

result<std::shared_ptr<upstream::site>>
port_factory::site_of(const dependency_settings& settings,
                      boost::asio::io_context& io) {
  auto origin = upstream::origin::parse(settings.url);
  if (!origin)
    return origin.error();
  auto tls = origin->tls ? tls_for(settings, "http/1.1") : nullptr;
  if (origin->tls && !tls)
    return no_authorities(settings);
  return std::make_shared<upstream::site>(io, std::move(*origin), names_,
                                          std::move(tls));
}

std::shared_ptr<dependency_port>
port_factory::make_provider(const dependency_settings& settings,
                            const protocol::dialect& wire,
                            boost::asio::io_context& io) {
  auto where = site_of(settings, io);
  if (!where)
    return std::make_shared<broken_port>(io, where.error());
  return std::make_shared<upstream::http_provider_port>(
    std::move(*where), wire, settings.api_key, settings.name,
    kept_for(settings));
}

std::shared_ptr<dependency_port>
port_factory::make_tools(const dependency_settings& settings,
                         boost::asio::io_context& io) {
  auto peer = peer_of(settings, io);
  if (!peer)
    return std::make_shared<broken_port>(io, peer.error());
  return std::make_shared<upstream::mcp_port>(std::move(*peer));
}

result<std::shared_ptr<upstream::mcp_peer>>
port_factory::peer_of(const dependency_settings& settings,
                      boost::asio::io_context& io) {
  auto where = site_of(settings, io);
  if (!where)
    return where.error();
  if (!upstream::usable_key(settings.api_key))
    return unusable_key();
  std::shared_ptr<upstream::bearer_source> from;
  if (settings.mcp.oauth.grant != oauth_grant::none)
    from = tokens_.of(settings, {&threads_.front()->context(), names_,
                                 tls_for(settings, "http/1.1")});
  return upstream::make_mcp_peer(std::move(*where), settings.api_key,
                                 std::move(from));
}

std::shared_ptr<dependency_port>
port_factory::make_api(const dependency_settings& settings,
                       boost::asio::io_context& io) {
  auto where = site_of(settings, io);
  if (!where)
    return std::make_shared<broken_port>(io, where.error());
  auto api = settings.mcp.description
               ? protocol::openapi::read_document(*settings.mcp.description)
               : make_fault(errc::config_invalid, "there is no description");
  if (!api)
    return std::make_shared<broken_port>(io, api.error());
  left_out_.note(settings.name, settings.mcp.description, *api, log_);
  if (!upstream::usable_key(settings.api_key))
    return std::make_shared<broken_port>(io, unusable_key());
  return std::make_shared<upstream::openapi_port>(
    std::move(*where),
    std::make_shared<const protocol::openapi::api>(std::move(*api)),
    settings.api_key);
}

std::shared_ptr<upstream::mcp_peer>
port_factory::process_of(const dependency_settings& settings) {
  std::lock_guard guard{lock_};
  auto& known = processes_[settings.name];
  auto& plan = settings.mcp.process;
  if (auto peer = known.peer.lock();
      peer && known.plan == plan
      && known.sign_of_life == settings.connect_timeout)
    return peer;
  auto& home = *threads_.front();
  auto pipe = std::make_shared<upstream::mcp_pipe>(
    home, upstream::mcp_pipe::surroundings{settings.name, plan,
                                           settings.connect_timeout, &children_,
                                           &log_, &metrics_});
  auto end_at_home = [&io = home.context()](upstream::mcp_peer* last) {
    boost::asio::post(io,
                      [owned = std::unique_ptr<upstream::mcp_peer>{last}] {});
  };
  std::shared_ptr<upstream::mcp_peer> peer{new upstream::mcp_peer{pipe},
                                           end_at_home};
  pipe->on_loss([weak = std::weak_ptr{peer}] {
    if (auto at = weak.lock())
      at->forget();
  });
  known = {plan, settings.connect_timeout, peer};
  return peer;
}

std::shared_ptr<dependency_port>
port_factory::make_process(const dependency_settings& settings,
                           std::size_t thread) {
  auto peer = process_of(settings);
  if (thread == 0)
    return std::make_shared<upstream::mcp_port>(std::move(peer));
  return std::make_shared<upstream::away_port>(
    *threads_[thread], *threads_.front(), std::move(peer));
}

std::shared_ptr<upstream::mcp_watch>
port_factory::watch(const dependency_settings& settings, std::size_t thread,
                    upstream::mcp_news to) {
  auto& io = threads_[thread]->context();
  if (settings.kind == "openapi")
    return nullptr; // a description tells no news
  if (settings.kind == "mcp_stdio")
    return std::make_shared<upstream::mcp_watch>(process_of(settings), io,
                                                 std::move(to));
  auto peer = peer_of(settings, io);
  if (!peer)
    return nullptr;
  return std::make_shared<upstream::mcp_watch>(std::move(*peer), io,
                                               std::move(to));
}

std::shared_ptr<dependency_port>
port_factory::make(const dependency_settings& settings, std::size_t thread) {
  auto& io = threads_[thread]->context();
  if (settings.kind == "redis")
    return make_store(settings, io);
  if (settings.kind == "sqlite")
    return make_storage(settings, io);
  if (settings.kind == "mcp_http")
    return make_tools(settings, io);
  if (settings.kind == "openapi")
    return make_api(settings, io);
  if (settings.kind == "mcp_stdio")
    return make_process(settings, thread);
  if (auto* wire = protocol::dialect_for(settings.kind))
    return make_provider(settings, *wire, io);
  return std::make_shared<simulated_port>(io, settings.name);
}

} // namespace caisson
