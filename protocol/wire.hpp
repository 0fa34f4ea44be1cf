#pragma once

#include <cstdint>

namespace caisson::protocol {

/// A vendor's wire. A client speaks one, a provider one; where they differ the
/// node translates, by way of OpenAI's words.
enum class wire : std::uint8_t { openai, anthropic, google };

} // namespace caisson::protocol
