#pragma once

#include <memory>
#include <string>

namespace caisson::config {

/// The text of a description of an API, JSON or YAML, as JSON; nullptr where
/// the file cannot be read, is larger than 16 MiB or neither of both.
std::shared_ptr<const std::string> read_description(const std::string& path);

} // namespace caisson::config
