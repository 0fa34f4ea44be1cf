#pragma once

#include <string>
#include <string_view>

namespace caisson::protocol {

/// SHA-256 in lower-case hexadecimal digits, 64 of them.
std::string sha256(std::string_view text);

} // namespace caisson::protocol
