#include "server/providers/port_factory.hpp"

#include <boost/asio/post.hpp>

#include "protocol/dialect.hpp"
#include "server/providers/simulated_port.hpp"
#include "server/upstream/provider_port.hpp"
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

} // namespace

port_factory::port_factory(std::vector<std::unique_ptr<io_thread>>& threads,
                           journal& log)
  : threads_(threads), log_(log),
    names_(std::make_shared<upstream::resolver>()) {
  // nop
}

std::shared_ptr<boost::asio::ssl::context>
port_factory::tls_for(const dependency_settings& settings) {
  std::lock_guard guard{lock_};
  auto& known = tls_[settings.ca_file];
  if (known)
    return known;
  auto made = upstream::client_context(
    settings.ca_file.empty() ? std::nullopt : std::optional{settings.ca_file});
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
port_factory::make(const dependency_settings& settings, std::size_t thread) {
  auto& io = threads_[thread]->context();
  auto* wire = protocol::dialect_for(settings.kind);
  if (!wire)
    return std::make_shared<simulated_port>(io, settings.name);
  auto origin = upstream::origin::parse(settings.url);
  if (!origin)
    return std::make_shared<broken_port>(io, origin.error());
  auto tls = origin.value().tls ? tls_for(settings) : nullptr;
  if (origin.value().tls && !tls)
    return std::make_shared<broken_port>(
      io, make_fault(errc::llm_unavailable, failure_kind::tls,
                     "the authorities of the dependency cannot be read"));
  auto where = std::make_shared<upstream::site>(io, std::move(origin.value()),
                                                names_, std::move(tls));
  return std::make_shared<upstream::http_provider_port>(
    std::move(where), *wire, settings.api_key, settings.name,
    kept_for(settings));
}

} // namespace caisson
