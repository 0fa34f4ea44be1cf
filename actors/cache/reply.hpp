#pragma once

#include <memory>

#include "actors/cache/lookup.hpp"
#include "actors/ports.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// Tells a client what the cache has for it. False: nothing was told, as the
/// value cannot be said.
bool tell_cached(responder& client, const call& what, const cached_ptr& value,
                 std::string_view layer);

/// Whether an expired answer is better than this failure: ours or a
/// provider's, not the client's own.
bool calls_for_stale(const fault& why) noexcept;

/// The client's end of a request that fetches for others too: passes on what
/// is said and gathers it. The answer, once it is whole, is the lead's; so is
/// a failure. Where an expired value is at hand, a client that has heard
/// nothing yet gets that instead of the failure.
class gathering_reply final : public responder {
public:
  /// `first`: the target that the answer is usually from. What another says in
  /// its place is kept for `passing` at most.
  struct order {
    std::shared_ptr<responder> client;
    call_ptr what;
    std::shared_ptr<cache_lead> lead;
    cached_ptr stale;
    std::string first;
    millis passing;
    metrics::counter told_stale;
  };

  explicit gathering_reply(order what);

  /// Those who wait for the same count as the client does.
  bool waits() const noexcept override {
    return order_.client->waits() || (order_.lead && order_.lead->wanted());
  }
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance& from) override;
  void more(bytes chunk) override;
  void used(const token_usage& tokens, const provenance& from) override {
    gatherer_->counted(tokens);
    if (order_.lead)
      order_.lead->counted(tokens);
    order_.client->used(tokens, from);
  }
  void end() override;
  void fail(const fault& what, const provenance& from) override;

private:
  void land();

  order order_;
  std::unique_ptr<answer_gatherer> gatherer_;
  cached_value value_; ///< all but its data
  bool begun_ = false;
};

} // namespace caisson
