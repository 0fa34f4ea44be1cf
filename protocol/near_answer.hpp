#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/cache/near.hpp"
#include "protocol/chat_request.hpp"

namespace caisson::protocol {

/// What the semantic cache needs to know of a request; null where the same
/// question in other words would not do. `form` tells answers apart that are
/// kept in forms of their own, the rest is as of `keep_answer`.
std::shared_ptr<const near_order> compare_question(const chat_request& request,
                                                   std::string_view tenant,
                                                   std::string_view route,
                                                   std::string_view form,
                                                   std::string trace_id);

/// Whether a stored answer is text and nothing that acts: no call of a tool,
/// no refusal.
bool is_plain_answer(std::string_view stored);

} // namespace caisson::protocol
