#pragma once

#include <array>
#include <string>
#include <string_view>

namespace caisson::protocol {

using sha256_digest = std::array<unsigned char, 32>;

/// SHA-256 of the text.
sha256_digest sha256_of(std::string_view text);

/// The same in lower-case hexadecimal digits, 64 of them.
std::string sha256(std::string_view text);

} // namespace caisson::protocol
