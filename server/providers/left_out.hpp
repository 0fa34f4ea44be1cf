#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/journal.hpp"
#include "protocol/openapi/operation.hpp"

namespace caisson {

/// What the descriptions of APIs have that no tool can stand for, so that
/// whoever misses one finds out why: a line in the log for each description,
/// and a number. For all threads.
class left_out {
public:
  using numbers = std::map<std::string, std::size_t>;

  /// A dependency has been made of a description. Every thread and every
  /// restart says so: only the first counts.
  void note(const std::string& dependency,
            const std::shared_ptr<const std::string>& description,
            const protocol::openapi::api& what, journal& log);

  /// By dependency.
  numbers all() const;

private:
  mutable std::mutex lock_;
  std::map<std::string, std::shared_ptr<const std::string>> noted_;
  numbers numbers_;
};

} // namespace caisson
