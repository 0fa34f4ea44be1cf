#pragma once

#include <string>
#include <utility>

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// All that one check needs.
struct judge {
  const settings& made;
  const origins& from;
  problems& wrong;

  void refuse(const std::string& path, std::string what,
              std::string expected) const {
    wrong.push_back({from.of(path), std::move(what), std::move(expected)});
  }

  /// Nobody has said it, and there is no default.
  void miss(const std::string& path, std::string what,
            std::string expected) const {
    refuse(path, std::move(what), std::move(expected));
    wrong.back().code = errc::config_missing;
  }

  bool broken(const std::string& path) const {
    return from.broken.find(path) != from.broken.end();
  }
};

} // namespace caisson::config
