#pragma once

#include <memory>
#include <optional>

#include "server/config/settings.hpp"
#include "server/http/door.hpp"

// What the settings of a listener mean to its door.

namespace caisson {

door_limits limits_of(const http_settings& http);

/// Null: in the clear. Nothing: the files have changed since the config looked
/// at them a moment ago, which tells what is wrong with them.
std::optional<std::shared_ptr<const tls_identity>>
read_identity(const http_settings& http);

} // namespace caisson
