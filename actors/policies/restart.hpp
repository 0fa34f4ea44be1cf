#pragma once

#include <cstdint>
#include <deque>

#include "actors/call.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// How many restarts a supervisor bears before it gives up itself. OTP's rule:
/// more than `restarts` within `within` is too many.
struct restart_intensity {
  std::uint32_t restarts = 3;
  millis within{5'000};
};

/// Which ends of a child are answered with a restart.
enum class restart_kind : std::uint8_t {
  permanent, ///< whatever the reason
  transient, ///< only when it ended abnormally
  temporary, ///< never
};

enum class restart_verdict : std::uint8_t { restart, forget, escalate };

/// The pure half of supervision: remembers restarts, decides the next.
class restart_ledger {
public:
  explicit restart_ledger(restart_intensity limit) : limit_(limit) {}

  /// A child has ended; what now? A restart is noted.
  restart_verdict ended(restart_kind kind, bool abnormal, time_point now) {
    if (kind == restart_kind::temporary
        || (kind == restart_kind::transient && !abnormal))
      return restart_verdict::forget;
    while (!past_.empty() && now - past_.front() > limit_.within)
      past_.pop_front();
    past_.push_back(now);
    return past_.size() > limit_.restarts ? restart_verdict::escalate
                                          : restart_verdict::restart;
  }

private:
  restart_intensity limit_;
  std::deque<time_point> past_;
};

} // namespace caisson
