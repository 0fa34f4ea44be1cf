#include "server/upstream/provider_port.hpp"

#include "protocol/chat_request.hpp"
#include "server/upstream/kept_prefixes.hpp"
#include "server/upstream/kept_run.hpp"

namespace caisson::upstream {

http_provider_port::http_provider_port(std::shared_ptr<site> where,
                                       const protocol::dialect& wire,
                                       std::string api_key, std::string name,
                                       std::shared_ptr<kept_prefixes> kept)
  : site_{std::move(where)},
    to_{std::make_shared<const provider>(
      provider{wire, std::move(api_key), std::move(name), std::move(kept)})} {}

/// What the provider could keep of the request; empty for nothing.
std::string http_provider_port::prefix_of(const attempt& which) const {
  if (!to_->kept || !which.so_far.empty())
    return {};
  auto* asked
    = dynamic_cast<const protocol::chat_request*>(which.what->body.get());
  return asked ? to_->wire.prefix(*asked, identity(*to_, which))
               : std::string{};
}

std::unique_ptr<exchange>
http_provider_port::start(const attempt& which,
                          std::unique_ptr<exchange_listener> listener) {
  if (auto prefix = prefix_of(which); !prefix.empty())
    return begin_kept(site_, to_, which, std::move(prefix),
                      std::move(listener));
  return begin(site_, order_for(*to_, which), std::move(listener));
}

} // namespace caisson::upstream
