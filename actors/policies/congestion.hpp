#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "actors/settings.hpp"

namespace caisson {

/// How many requests a thread may have under way, so that it does in time what
/// it does. It is measured by how long something that has become ready waits
/// for its turn, again and again:
///
///   two waits in a row ──► fewer than are under way, by as much as the waits
///   longer than `bound`    are too long, at most by half: the rest is refused
///
///   any other wait ──────► a twentieth more, where the limit was in the way;
///                          none any more, where it is twice what there is
///
/// Two in a row, so that a single stall is not taken for overload. A number,
/// not a yes and a no: who lets all in and then nobody has the same requests in
/// bursts, and a connection to a provider for each of a burst.
class congestion {
public:
  static constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

  /// A request is let in; its answer is out, or nobody waits for it any more.
  void began() noexcept { ++under_way_; }
  void ended() noexcept { --under_way_; }

  /// A wait has ended.
  void waited(millis wait, millis bound) noexcept {
    delay_ = std::min(wait, last_);
    last_ = wait;
    if (delay_ > bound)
      shrink(bound);
    else
      grow();
  }

  /// How long what becomes ready waits, at least.
  millis delay() const noexcept { return delay_; }

  bool refuses() const noexcept { return under_way_ >= limit_; }

  std::uint64_t under_way() const noexcept { return under_way_; }

  /// 1 or more.
  std::uint64_t limit() const noexcept { return limit_; }

private:
  /// From what is there, not from the limit: answers that take long would stay
  /// under way while one limit after the other fell below them.
  void shrink(millis bound) noexcept {
    auto share = static_cast<double>(bound.count())
                 / static_cast<double>(delay_.count());
    auto kept = static_cast<double>(under_way_) * std::clamp(share, 0.5, 0.9);
    limit_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(kept));
  }

  void grow() noexcept {
    if (limit_ == no_limit)
      return;
    if (under_way_ * 2 < limit_)
      limit_ = no_limit;
    else if (refuses())
      limit_ += limit_ / 20 + 1;
  }

  millis last_{0};
  millis delay_{0};
  std::uint64_t under_way_ = 0;
  std::uint64_t limit_ = no_limit;
};

} // namespace caisson
