#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/ports.hpp"
#include "protocol/dialect.hpp"
#include "server/upstream/exchange.hpp"

namespace caisson::upstream {

class kept_prefixes;

/// Whom a port talks to. An attempt may outlive its port, so this is shared.
struct provider {
  /// Lives as long as the program.
  const protocol::dialect& wire;
  /// Empty: no credentials are sent. One that cannot stand in a field fails
  /// every attempt (`config_invalid`) and is never sent.
  std::string api_key;
  /// The dependency's, for whoever hears that it has stepped in.
  std::string name;
  /// Set where the provider is to keep what requests begin with.
  std::shared_ptr<kept_prefixes> kept = nullptr;
};

/// What a dialect is told of an attempt.
protocol::provider_identity identity(const provider& to, const attempt& which);

/// What is to be done for an attempt: a chat request, the rest of a stream that
/// died elsewhere (protocol/continuation.hpp), or embeddings. `kept` is the
/// name of the request's prefix at the provider, if it keeps that.
order order_for(const provider& to, const attempt& which,
                std::string_view kept = {});

} // namespace caisson::upstream
