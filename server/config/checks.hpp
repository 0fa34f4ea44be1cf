#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// What no single value can break: rules between values. Appends to `wrong`;
/// where a value was already refused by its own rule, what depends on it is not
/// judged again.
void check(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
