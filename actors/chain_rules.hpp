#pragma once

#include <string_view>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson {

/// The `strategy` label of `fallback_used_total`: why the chain was followed.
std::string_view strategy_of(const fault& why) noexcept;

/// Whether another target may do better. Not when the request itself was
/// refused, not when its time is up, not when it may have had an effect.
bool worth_another(const call& what, const fault& why) noexcept;

/// Whether a stream that was cut in its middle may go on at another target:
/// its text is sent along, so a second try has no second effect.
bool may_go_on(const fault& why) noexcept;

/// Whether the target has no such thing as was asked for (embeddings, for one):
/// it was not asked, and nobody is to blame.
bool passed_over(const fault& why) noexcept;

/// Whether the job was lost with its actor, and not by its dependency.
bool lost(const fault& why) noexcept;

} // namespace caisson
