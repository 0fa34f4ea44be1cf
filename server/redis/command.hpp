#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/stores/key_value.hpp"

namespace caisson::redis {

/// Appends a command to what is to be sent.
void append_command(std::string& to,
                    const std::vector<std::string_view>& words);

/// The bytes of a question; `load`: a script is sent whole, which also makes
/// the server keep it, and not by its digest.
std::string wire_of(const kv_question& what, bool load = false);

/// The lower-case hex SHA-1 of a script, by which a server knows it. Computed
/// once for each script; thread-safe.
const std::string& digest_of(const kv_script& script);

/// The key that says which part of a cluster a question belongs to; empty when
/// it has none.
std::string_view key_of(const kv_question& what) noexcept;

inline constexpr std::uint16_t slot_count = 16'384;

/// The slot of a key: CRC16 of it, or of what stands in its first braces, so
/// that keys with the same "{tag}" live together.
std::uint16_t slot_of(std::string_view key) noexcept;

} // namespace caisson::redis
