#pragma once

#include <string>

#include "actors/policies/hearsay.hpp"

namespace caisson {

/// Where a dependency tells other nodes of its breakers. Any thread may call,
/// and does not wait.
class board {
public:
  virtual ~board() = default;

  /// `service`: the breaker's name, `dependency` or `dependency/model`.
  virtual void tell(const std::string& service, const breaker_word& what,
                    time_point now)
    = 0;
};

} // namespace caisson
