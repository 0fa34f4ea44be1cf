#pragma once

#include <optional>

#include "actors/fault.hpp"
#include "server/sqlite/connection.hpp"

namespace caisson::sqlite {

/// The version of the schema that this program knows.
int newest_schema() noexcept;

/// Brings the database to it, step by step, each whole or not at all. A fault
/// where that cannot be: the database is of a newer program, or not one of
/// ours.
std::optional<fault> migrate(connection& home);

} // namespace caisson::sqlite
