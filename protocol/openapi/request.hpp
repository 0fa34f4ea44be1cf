#pragma once

#include <string_view>

#include "actors/fault.hpp"
#include "protocol/dialect.hpp"
#include "protocol/openapi/operation.hpp"

namespace caisson::protocol::openapi {

/// The request that an operation with these arguments is: `arguments` is a JSON
/// object, or empty. Values are written as the description's styles say, and
/// always encoded: none of them can leave its place in the path. A fault
/// (`validation_constraint`) says which argument is wrong, in words for whoever
/// called the tool. `key` is shown as the API wants it; empty: not at all.
result<upstream_request> write_request(const operation& what,
                                       std::string_view arguments,
                                       const credential& shown,
                                       std::string_view key);

} // namespace caisson::protocol::openapi
