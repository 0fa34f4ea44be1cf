#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "actors/call.hpp"

namespace caisson {

/// A limit: at most so much in a span of time, wherever the span is laid.
struct spend_limit {
  std::uint64_t most = 1; ///< requests, tokens, money; 1 or more
  duration span{};        ///< more than 0
};

/// So much was spent, the last of it then.
struct portion {
  std::uint64_t count = 0;
  time_point last{};
};

/// What was spent of a limit in the span that ends now, exactly enough:
///
///   - no span, wherever it is laid, has more admitted in it than `most`;
///   - nobody is refused who has used less than `most` - `most`/60 in the span
///     that ends now, and a quiet one may spend all of it at once;
///   - it remembers about 120 pairs of numbers at most, whatever is spent.
///
/// Buckets are of count, not of time: each holds a sixtieth of the limit, or
/// one charge that is larger, and leaves as a whole when its last is older than
/// the span (adr/0015).
///
///      oldest                                 newest
///   [ 5, last 12:00:07 ] [ 5, last 12:00:31 ] [ 2, last 12:00:40 ]
///     leaves 12:01:07                           has room for 3 more
///
/// Time never goes back here: an earlier `now` counts as the latest one.
class spend_window {
public:
  /// Whether `cost` more may be spent now.
  bool fits(const spend_limit& of, std::uint64_t cost, time_point now);

  /// Spends `cost`, whether it fits or not: who must not, asks before. What was
  /// spent too much is paid back by waiting.
  void spend(const spend_limit& of, std::uint64_t cost, time_point now);

  /// Gives back `amount` of what was spent at `when`; what is older than the
  /// span has come back by itself.
  void give_back(const spend_limit& of, std::uint64_t amount, time_point when,
                 time_point now);

  /// What is left; 0 too where more was spent than there was.
  std::uint64_t remaining(const spend_limit& of, time_point now);

  /// How long until `cost` fits, if nobody else spends: 0 when it fits now,
  /// nothing when it never will.
  std::optional<duration> wait_for(const spend_limit& of, std::uint64_t cost,
                                   time_point now);

  /// How long until all of it is there again.
  duration whole_in(const spend_limit& of, time_point now);

  /// All of it that has not left the span, oldest first.
  std::span<const portion> spent(const spend_limit& of, time_point now);

  /// The sum of that.
  std::uint64_t total(const spend_limit& of, time_point now);

  /// Takes another's record of the same limit for its own, and forgets its own.
  /// `record`: oldest first, nothing later than `now`.
  void take_over(const spend_limit& of, std::span<const portion> record,
                 time_point now);

  bool empty() const noexcept { return buckets_.empty(); }

  /// For those who look at memory.
  std::size_t buckets() const noexcept { return buckets_.size(); }

private:
  /// The most that a bucket of several moments holds: the next above a
  /// sixtieth, since what has left may still be counted but for one.
  static std::uint64_t capacity(const spend_limit& of) noexcept {
    return of.most / 60 + 1;
  }

  /// Lets go of what has left the span.
  void roll(const spend_limit& of, time_point now);
  void tidy(std::size_t around, std::uint64_t room);

  std::vector<portion> buckets_; ///< oldest first
  std::uint64_t spent_ = 0;      ///< the sum of them
};

} // namespace caisson
