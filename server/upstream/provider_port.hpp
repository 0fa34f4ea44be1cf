#pragma once

#include <memory>
#include <string>

#include "actors/ports.hpp"
#include "protocol/dialect.hpp"
#include "server/upstream/provider.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// An LLM provider over HTTP: the payload of a call is a
/// `protocol::chat_request` or a `protocol::embeddings_request`, and the
/// dialect makes a request of it. One object for each dependency and I/O
/// thread, used on that thread only; the dialect and the names in an attempt
/// live as long as the node's config.
class http_provider_port final : public dependency_port {
public:
  /// As the members of `provider`.
  http_provider_port(std::shared_ptr<site> where, const protocol::dialect& wire,
                     std::string api_key, std::string name,
                     std::shared_ptr<kept_prefixes> kept = nullptr);

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  std::string prefix_of(const attempt& which) const;

  std::shared_ptr<site> site_;
  std::shared_ptr<const provider> to_;
};

} // namespace caisson::upstream
