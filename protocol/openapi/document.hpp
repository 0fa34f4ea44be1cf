#pragma once

#include <string_view>

#include "actors/fault.hpp"
#include "protocol/openapi/operation.hpp"

namespace caisson::protocol::openapi {

/// The largest description that is read.
inline constexpr std::size_t largest_document = 16 * 1024 * 1024;

/// Operations of one API: beyond this nobody finds anything among its tools.
inline constexpr std::size_t most_operations = 1'000;

/// Reads a description: OpenAPI 3.0 or 3.1, JSON. Whatever cannot be a tool (a
/// body of a kind that is not known, a parameter that must be in a cookie) is
/// left out, with the reason. A fault (`config_invalid`) where it is no
/// description, or of another version.
result<api> read_document(std::string_view text);

} // namespace caisson::protocol::openapi
