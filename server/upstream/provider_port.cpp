#include "server/upstream/provider_port.hpp"

#include "protocol/chat_request.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/request_head.hpp"

namespace caisson::upstream {

http_provider_port::http_provider_port(std::shared_ptr<site> where,
                                       const protocol::dialect& wire,
                                       std::string api_key)
  : x_site{std::move(where)}, x_wire{wire}, x_api_key{std::move(api_key)} {}

void http_provider_port::encode(const attempt& which, order& out) const {
  if (!usable_key(x_api_key)) {
    out.refused = make_fault(errc::config_invalid, failure_kind::credentials,
                             "The provider's key is not one.");
    return;
  }
  auto request
    = std::static_pointer_cast<const protocol::chat_request>(which.what->body);
  const protocol::provider_identity who{x_api_key, which.model};
  auto encoded = x_wire.encode(request, who);
  if (!encoded) {
    out.refused = std::move(encoded.error());
    return;
  }
  out.request = std::move(*encoded);
  out.reader = x_wire.reader(std::move(request), who);
}

std::unique_ptr<exchange>
http_provider_port::start(const attempt& which,
                          std::unique_ptr<exchange_listener> listener) {
  order what;
  what.what = which.what;
  what.connect_by = which.connect_by;
  what.wire = &x_wire;
  encode(which, what);
  return begin(x_site, std::move(what), std::move(listener));
}

} // namespace caisson::upstream
