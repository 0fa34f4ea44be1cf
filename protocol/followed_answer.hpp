#pragma once

#include <memory>
#include <string_view>

#include "actors/cache/order.hpp"

namespace caisson::protocol {

/// For a client that asked what another is being answered, and hears that
/// answer's stream while it comes: with an id of its own, and with the usage
/// where `usage`, whether or not the other wanted it. All else is byte for
/// byte the other's (law C8). The end, `[DONE]`, is not said before `end`.
///
/// `raw`: the events are those of another dialect, and pass as they are.
std::unique_ptr<answer_follower> follow_answer(std::string_view trace_id,
                                               bool usage, bool raw);

} // namespace caisson::protocol
