#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "actors/features.hpp"

namespace caisson {

class cache_batch;
class cache_order;
struct model_route;

/// The clock of every deadline: CAF's actor clock, real in the node, virtual
/// in tests.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// What a client said, opaque to actors; `protocol/` knows what is inside.
struct payload {
  virtual ~payload() = default;

  /// The same for the same words: by it a request that crashes actors is known
  /// again. 0: not to be told from others.
  virtual std::uint64_t fingerprint() const noexcept { return 0; }

  /// Whether a stream of which the client has these events can be taken up by
  /// another target.
  virtual bool can_go_on(std::string_view) const { return true; }
};

/// One question on its way through the node. Immutable and shared: the same
/// call is put to several targets.
struct call {
  /// 32 hex digits, W3C trace id; in every log line and error of the request.
  std::string trace_id;
  /// 16 hex digits, the span of the request in this node.
  std::string span_id;
  /// The model as the client named it; the router's key.
  std::string model;
  /// The client wants server-sent events.
  bool stream = false;
  /// May be sent twice (an LLM completion with no byte delivered may).
  bool idempotent = true;
  /// The one deadline of the request.
  time_point deadline{};
  /// The client asked for a shorter deadline than the node's own.
  bool hurried = false;
  /// Who asks, as a number that says nothing of them: the same caller has the
  /// same. Callers share what is scarce by it.
  std::uint64_t caller = 0;
  /// What of the node's doing they have.
  feature_set features{};
  std::shared_ptr<const payload> body;
  /// Where it goes, when that does not follow from the model.
  std::shared_ptr<const model_route> addressed = nullptr;
  /// Set where the answer may come out of the cache, or go into it.
  std::shared_ptr<const cache_order> cached = nullptr;
  /// The same of an answer whose parts are kept each for itself.
  std::shared_ptr<const cache_batch> parts = nullptr;
};

using call_ptr = std::shared_ptr<const call>;

/// Bytes that somebody else keeps alive. Dropping `owner` gives the memory
/// back, and to a stream its credit to read on: back-pressure is ownership.
struct bytes {
  std::string_view data;
  std::shared_ptr<const void> owner;
};

/// Bytes that own a string.
bytes own(std::string text);

/// LLM tokens of one answer, as the provider counted them.
struct token_usage {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cached_input = 0;
  /// False when the provider said nothing about usage.
  bool known = false;
};

/// Where an answer comes from; shown in the X-Caisson-* headers.
struct provenance {
  std::string_view dependency; ///< lives as long as the node's config
  std::string_view model;      ///< likewise
  std::uint32_t attempts = 0;  ///< over all targets
  /// The layer of the cache that answered, `l1`, `l2`, `stale`; a literal.
  std::string_view cache{};
  /// How much of what was asked went to a dependency, of 1; the rest was in the
  /// cache.
  double asked = 1;
};

} // namespace caisson
