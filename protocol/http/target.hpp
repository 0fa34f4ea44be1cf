#pragma once

#include <optional>
#include <string_view>

namespace caisson::http {

/// Whether `host` is a host name or address with or without a port, as the
/// Host field has it. Stricter than RFC 3986's `host`, whose commas, percent
/// signs and user names no host on the internet has; underscores, though,
/// are common among containers. A colon needs a port from 0 to 65535.
bool valid_host(std::string_view host) noexcept;

/// The parts of a request target; views of it, but for the path of a target
/// that has none, which is `/`.
struct target_parts {
  std::optional<std::string_view> host; ///< of the absolute form only
  std::string_view path;
  std::string_view query; ///< without the `?`
};

/// Splits the origin form (`/path?query`), the absolute form
/// (`http://host/path?query`) and `*`. Nothing for all other forms, of which
/// RFC 9112 section 3.2 has only CONNECT's. Nothing is decoded.
std::optional<target_parts> split_target(std::string_view target) noexcept;

} // namespace caisson::http
