#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/cache/order.hpp"
#include "protocol/chat_request.hpp"

namespace caisson::protocol {

/// What a client may wish of the cache, beside its request: `Cache-Control`.
struct cache_directives {
  bool no_cache = false;
  bool no_store = false;

  /// Neither to be read from nor written to: as if there were no cache.
  bool neither() const noexcept { return no_cache && no_store; }
};

/// Of the field's value; directives that are none of these say nothing.
cache_directives read_cache_control(std::string_view value) noexcept;

/// How a stored answer begins: a completion, or events as they came.
inline constexpr char as_completion = 'J';
inline constexpr char as_events = 'E';

/// The order for a request whose answer may be kept; null for others. `route`
/// says where the request may go: an answer is not for those who ask for the
/// same name and mean other models. `compares`: answers to the same question
/// in other words are looked for, where those would do.
std::shared_ptr<const cache_order>
keep_answer(const std::shared_ptr<const chat_request>& request,
            std::string_view tenant, std::string_view route,
            std::string trace_id, cache_directives wish, bool compares = false);

} // namespace caisson::protocol
