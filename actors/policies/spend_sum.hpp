#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "actors/policies/spend_window.hpp"

namespace caisson {

/// One limit of which several spend, each with a window of its own: what of it
/// is left for all of them. A look at one moment; the windows outlive it.
///
/// No span, wherever it is laid, has more admitted in all windows together than
/// `most`, where each charge was asked for here before it was spent.
class spend_sum {
public:
  spend_sum(const spend_limit& of, time_point now) : of_(of), now_(now) {}

  void add(spend_window& part);

  std::uint64_t remaining() const noexcept;

  /// As those of a window.
  std::optional<duration> wait_for(std::uint64_t cost) const;
  duration whole_in() const;

private:
  spend_limit of_;
  time_point now_;
  std::uint64_t total_ = 0;
  std::vector<spend_window*> parts_;
};

} // namespace caisson
