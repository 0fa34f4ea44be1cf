#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// The prompts that the node has by itself: `code_review`,
/// `summarize_conversation`, `debug_error`.
std::vector<offer> own_prompts();

/// The members of the result of `prompts/get`. `arguments` is a JSON object
/// that has been read, or empty. `invalid_params` for a prompt that is none of
/// ours, an argument that it needs and has not, or one that is no string.
checked<std::string> get_own_prompt(std::string_view name,
                                    std::string_view arguments);

/// What may be proposed for an argument of a prompt, perhaps none; nothing if
/// there is no such prompt or argument.
std::optional<std::vector<std::string_view>>
own_prompt_values(std::string_view name, std::string_view argument);

} // namespace caisson::protocol::mcp
