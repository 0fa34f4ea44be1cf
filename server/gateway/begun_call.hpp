#pragma once

#include <atomic>
#include <cstdint>

#include "actors/call.hpp"
#include "server/http/requester.hpp"

namespace caisson {

/// What is asked in the name of a request, but for the words: whose it is, and
/// by when it is to be answered: so many milliseconds after its beginning, or
/// sooner where its client has asked for that.
call begun_call(const request_context& request,
                const std::atomic<std::int64_t>& longest_ms);

} // namespace caisson
