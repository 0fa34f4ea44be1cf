#pragma once

#include "protocol/dialect.hpp"

namespace caisson::protocol {

/// The dialects that `table.cpp` gives to kinds. Each is stateless and lives
/// as long as the program.

/// OpenAI itself: a stream is asked for its usage on the node's account.
const dialect& openai_dialect() noexcept;

/// Servers that speak OpenAI's dialect more or less: nothing is added to the
/// request, since some refuse what they do not know.
const dialect& openai_compatible_dialect() noexcept;

const dialect& anthropic_dialect() noexcept;
const dialect& google_dialect() noexcept;

} // namespace caisson::protocol
