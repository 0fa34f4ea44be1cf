#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/mcp/settings.hpp"

namespace caisson::protocol::mcp {

/// What a client gets instead of the result of a tool that is larger than
/// `rules.max_result`; nothing for one that is not. The texts are cut in their
/// order, what else does not fit is left out, and so is structured content,
/// which says the same; a last text tells how much there was. Or all of it is
/// an error of the tool, which the model may mend by asking for less.
std::optional<std::string> bounded_result(std::string_view result,
                                          const mcp_server_settings& rules);

} // namespace caisson::protocol::mcp
