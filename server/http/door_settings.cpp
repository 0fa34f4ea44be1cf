#include "server/http/door_settings.hpp"

namespace caisson {

door_limits limits_of(const http_settings& http) {
  door_limits limits;
  limits.head.head = http.max_header;
  limits.head.body = http.max_body;
  limits.header_timeout = http.header_timeout;
  limits.body_timeout = http.body_timeout;
  limits.idle_timeout = http.idle_timeout;
  limits.write_timeout = http.write_timeout;
  limits.max_connections = http.max_connections;
  return limits;
}

std::optional<std::shared_ptr<const tls_identity>>
read_identity(const http_settings& http) {
  if (http.tls_cert.empty())
    return nullptr;
  auto loaded = tls_identity::load(http.tls_cert, http.tls_key);
  if (auto* made = std::get_if<0>(&loaded))
    return std::move(*made);
  return std::nullopt;
}

} // namespace caisson
