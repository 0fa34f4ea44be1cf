#pragma once

#include <string_view>
#include <vector>

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// What the node's own storage is called among its dependencies.
inline constexpr std::string_view storage_name = "storage";

/// The storage as a dependency, with what holds for its kind (SPEC section 4).
dependency_settings storage_of(const settings& from);

/// The dependencies of the config, and behind them the storage.
std::vector<dependency_settings> every_dependency(const settings& from);

/// Rules between the storage and other options.
void check_storage(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
