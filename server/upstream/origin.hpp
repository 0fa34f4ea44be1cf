#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson::upstream {

/// Where a dependency lives, as its `url` says: the address to connect to and
/// the words a request needs to get there.
struct origin {
  /// Lower case, without the brackets of an IPv6 literal.
  std::string host;
  std::uint16_t port = 0;
  /// The scheme is https.
  bool tls = false;
  /// Put in front of every target: empty or `/...`, never ending in a slash.
  std::string base_path;
  /// The value of the Host field: brackets back, default port left out.
  std::string host_field;

  /// Reads `http://host[:port][/path]` or `https://...`. Everything else (user
  /// names, queries, fragments, blanks, port 0) is `config_invalid`, so that a
  /// url in a config never means more than it shows.
  static result<origin> parse(std::string_view url);
};

} // namespace caisson::upstream
