#pragma once

#include <memory>
#include <string>

#include "actors/ports.hpp"
#include "protocol/dialect.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

struct order;

/// An LLM provider over HTTP: the payload of a call is a
/// `protocol::chat_request`, and the dialect makes a request of it. One object
/// for each dependency and I/O thread, used on that thread only; the dialect
/// and the names in an attempt live as long as the node's config. An attempt
/// to go on with a stream asks for its rest (protocol/continuation.hpp).
class http_provider_port final : public dependency_port {
public:
  /// `name` is the dependency's, for whoever hears that it has stepped in. An
  /// empty key means that no credentials are sent. A key that cannot stand
  /// in a field fails every attempt (`config_invalid`) and is never sent.
  http_provider_port(std::shared_ptr<site> where, const protocol::dialect& wire,
                     std::string api_key, std::string name);

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  using request_ptr = std::shared_ptr<const protocol::chat_request>;

  void encode(const attempt& which, order& out) const;
  void encode_rest(const attempt& which, request_ptr asked, order& out) const;
  bool encode_request(const attempt& which, request_ptr what, order& out) const;

  std::shared_ptr<site> site_;
  const protocol::dialect& wire_;
  std::string api_key_;
  std::string name_;
};

} // namespace caisson::upstream
