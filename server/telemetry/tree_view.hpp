#pragma once

#include <string>
#include <string_view>

#include "actors/supervision/census.hpp"
#include "actors/tree.hpp"
#include "server/oauth/authorizers.hpp"
#include "server/providers/left_out.hpp"

namespace caisson {

/// What `/telemetry` shows: the supervision tree as it lives now, and each
/// dependency with its breaker, bulkhead and latencies, what is left out of a
/// described API, how far it is with its tokens, and the limiter's mode. JSON.
std::string telemetry_body(std::string_view node, time_point started,
                           time_point now, const census& people,
                           const tree& actors, limit_mode limits,
                           const left_out::numbers& left,
                           const oauth::standings& tokens);

} // namespace caisson
