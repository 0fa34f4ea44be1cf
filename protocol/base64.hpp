#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol {

/// Appends Base64 of RFC 4648, section 4: with padding.
void append_base64(std::string& out, std::string_view bytes);

/// Reads it, and nothing but its alphabet. Nothing if the text is no such
/// thing; the unused bits must be 0, so that each value has one text.
std::optional<std::string> decode_base64(std::string_view text);

/// Section 5, the alphabet of URLs, without padding: fit for a header.
std::string encode_base64url(std::string_view bytes);

/// As `decode_base64`, for what `encode_base64url` has written.
std::optional<std::string> decode_base64url(std::string_view text);

} // namespace caisson::protocol
