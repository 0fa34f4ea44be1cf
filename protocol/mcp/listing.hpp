#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// The most elements of one answer to a list method.
inline constexpr std::size_t page_size = 250;

/// The members of the result of a list method: the elements, JSON each, from
/// the cursor on, and where to go on if there are more. Cursors are opaque to
/// clients; one that was not given by us is `invalid_params`.
checked<std::string> write_page(std::string_view member,
                                const std::vector<std::string_view>& elements,
                                const std::optional<std::string>& cursor);

} // namespace caisson::protocol::mcp
