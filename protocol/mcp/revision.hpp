#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace caisson::protocol::mcp {

/// The revisions of the Model Context Protocol that are spoken, oldest first,
/// so that they compare as their dates do.
enum class revision : std::uint8_t {
  v2024_11_05,
  v2025_03_26, ///< what a client without a version header speaks
  v2025_06_18,
  v2025_11_25,
  v2026_07_28,
};

inline constexpr std::array<std::string_view, 5> revision_names{
  "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"};

static_assert(revision_names.size()
              == static_cast<std::size_t>(revision::v2026_07_28) + 1);

/// Two protocols share one endpoint and little else. Legacy begins with
/// `initialize` and may have a session; modern has neither, each of its
/// requests says in `_meta` what it needs to be understood.
enum class era : std::uint8_t { legacy, modern };

inline constexpr revision latest_legacy = revision::v2025_11_25;
inline constexpr revision latest_modern = revision::v2026_07_28;
/// Of a request after `initialize` that has no version header.
inline constexpr revision assumed_legacy = revision::v2025_03_26;

constexpr std::string_view name_of(revision which) noexcept {
  return revision_names[static_cast<std::size_t>(which)];
}

constexpr era era_of(revision which) noexcept {
  return which >= revision::v2026_07_28 ? era::modern : era::legacy;
}

/// The revision of that name; nothing for one that is not spoken.
std::optional<revision> revision_of(std::string_view name) noexcept;

/// What `initialize` is answered with: the revision asked for where it is a
/// legacy one, else the latest that begins with `initialize`. A modern
/// revision cannot be agreed on in this way.
revision negotiate(std::string_view asked) noexcept;

/// Whether several messages may come as an array: until 2025-06-18.
constexpr bool takes_batches(revision which) noexcept {
  return which <= revision::v2025_03_26;
}

/// Whether a stream may begin with an event of an id and no data, to resume
/// from. Older clients choke on the empty data.
constexpr bool primes_streams(revision which) noexcept {
  return which == revision::v2025_11_25;
}

} // namespace caisson::protocol::mcp
