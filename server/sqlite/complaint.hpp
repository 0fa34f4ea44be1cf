#pragma once

#include "actors/fault.hpp"

namespace caisson::sqlite {

/// The fault that an (extended) code of SQLite stands for, in words for people
/// and without what SQLite says, in which there are paths and SQL.
fault fault_of(int code);

/// Whether a new connection may do better: somebody has mended the file.
bool worth_reopening(int code) noexcept;

} // namespace caisson::sqlite
