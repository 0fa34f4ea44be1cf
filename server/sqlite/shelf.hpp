#pragma once

#include "actors/fault.hpp"
#include "actors/stores/conversations.hpp"
#include "server/sqlite/connection.hpp"

namespace caisson::sqlite {

/// Answers a question about conversations out of the database. `now` is what
/// new messages are stamped with, in Unix milliseconds.
result<conversation_answer_ptr>
answer(connection& from, const conversation_question& what, std::int64_t now);

} // namespace caisson::sqlite
