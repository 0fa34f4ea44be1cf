#include "server/upstream/provider_port.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/continuation.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/request_head.hpp"

namespace caisson::upstream {

http_provider_port::http_provider_port(std::shared_ptr<site> where,
                                       const protocol::dialect& wire,
                                       std::string api_key, std::string name)
  : site_{std::move(where)}, wire_{wire}, api_key_{std::move(api_key)},
    name_{std::move(name)} {}

void http_provider_port::encode(const attempt& which, order& out) const {
  if (!usable_key(api_key_)) {
    out.refused = make_fault(errc::config_invalid, failure_kind::credentials,
                             "The provider's key is not one.");
    return;
  }
  auto asked
    = std::static_pointer_cast<const protocol::chat_request>(which.what->body);
  if (which.so_far.empty() || !which.what->stream)
    encode_request(which, std::move(asked), out);
  else
    encode_rest(which, std::move(asked), out);
}

bool http_provider_port::encode_request(const attempt& which, request_ptr what,
                                        order& out) const {
  const protocol::provider_identity who{api_key_, which.model};
  auto encoded = wire_.encode(what, who);
  if (!encoded) {
    out.refused = encoded.error();
    return false;
  }
  out.request = std::move(*encoded);
  out.reader = wire_.reader(std::move(what), who);
  return true;
}

void http_provider_port::encode_rest(const attempt& which, request_ptr asked,
                                     order& out) const {
  auto refuse = [&out](fault why) {
    // It was another provider's stream: this one was not asked, and neither
    // its breaker nor a retry has anything to do with that.
    why.kind = failure_kind::none;
    out.refused = std::move(why);
  };
  auto stream = protocol::continuation::read(which.so_far, std::move(asked));
  if (!stream)
    return refuse(stream.error());
  if (stream->complete()) {
    out.rest = stream->rest();
    return;
  }
  auto request = stream->request();
  if (!request)
    return refuse(request.error());
  if (encode_request(which, std::move(*request), out))
    out.reader = stream->reader(std::move(out.reader), name_);
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
