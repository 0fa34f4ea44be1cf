#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/mcp/sealer.hpp"

namespace caisson::protocol::mcp {

/// What a person may give, in words.
inline constexpr std::string_view session_secret_form
  = "one to eight secrets of at least 32 characters each, with blanks or "
    "commas between them";

/// Reads them: each becomes the secret of its SHA-256. Nothing for a text of
/// another form.
std::optional<std::vector<sealing_secret>>
read_session_secrets(std::string_view text);

} // namespace caisson::protocol::mcp
