#pragma once

#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson {

/// Why a value could not be fetched, for those who wait for it on other nodes:
/// code, kind, milliseconds to wait or -1, then the sentence.
std::string stored_fault(const fault& why);

/// What `stored_fault` made; of anything else, that an equal request failed.
fault read_fault(std::string_view from);

} // namespace caisson
