#pragma once

#include "server/config/checks.hpp"

namespace caisson::config {

/// A dependency of kind "openapi" needs a description that can be read and has
/// something that can be a tool; no other has one.
void check_openapi(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
