#pragma once

#include <optional>
#include <string>

namespace caisson::config {

/// A document of YAML 1.2's core schema as JSON; nothing where it is none, has
/// keys that are no words, or is larger with all its aliases than a million
/// values. The only file that knows yaml-cpp is behind this.
std::optional<std::string> json_of_yaml(const std::string& text);

} // namespace caisson::config
