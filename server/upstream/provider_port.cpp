#include "server/upstream/provider_port.hpp"

#include "protocol/chat_request.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/request_head.hpp"

namespace caisson::upstream {

http_provider_port::http_provider_port(std::shared_ptr<site> where,
                                       const protocol::dialect& wire,
                                       std::string api_key)
  : site_{std::move(where)}, wire_{wire}, api_key_{std::move(api_key)} {}

void http_provider_port::encode(const attempt& which, order& out) const {
  if (!usable_key(api_key_)) {
    out.refused = make_fault(errc::config_invalid, failure_kind::credentials,
                             "The provider's key is not one.");
    return;
  }
  auto request
    = std::static_pointer_cast<const protocol::chat_request>(which.what->body);
  const protocol::provider_identity who{api_key_, which.model};
  auto encoded = wire_.encode(request, who);
  if (!encoded) {
    out.refused = std::move(encoded.error());
    return;
  }
  out.request = std::move(*encoded);
  out.reader = wire_.reader(std::move(request), who);
}

std::unique_ptr<exchange>
http_provider_port::start(const attempt& which,
                          std::unique_ptr<exchange_listener> listener) {
  order what;
  what.what = which.what;
  what.connect_by = which.connect_by;
  what.wire = &wire_;
  encode(which, what);
  return begin(site_, std::move(what), std::move(listener));
}

} // namespace caisson::upstream
