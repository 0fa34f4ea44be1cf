#pragma once

#include <memory>
#include <string>

#include "actors/ports.hpp"
#include "protocol/openapi/operation.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// An API that is described by OpenAPI, as a server of tools: its list is read
/// from the description, each call is one request. To those who ask it is an
/// upstream server of MCP like any other; the payload is what theirs is. One
/// object for each dependency and I/O thread, used on that thread only.
class openapi_port final : public dependency_port {
public:
  openapi_port(std::shared_ptr<site> where,
               std::shared_ptr<const protocol::openapi::api> what,
               std::string key);

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  std::shared_ptr<site> site_;
  std::shared_ptr<const protocol::openapi::api> api_;
  std::string key_;
};

} // namespace caisson::upstream
