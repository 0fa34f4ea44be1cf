#pragma once

#include <cstdint>
#include <string>

namespace caisson {

/// Whether a file has to be on the disk, and not only with the system: that
/// takes milliseconds.
enum class durable : std::uint8_t { no, yes };

/// Writes a file that only its owner may read. The old one is there until the
/// new one is, whole. False: it is still the old one.
bool replace_file(const std::string& path, const std::string& text,
                  durable how);

} // namespace caisson
