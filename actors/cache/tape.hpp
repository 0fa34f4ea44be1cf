#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "actors/call.hpp"

namespace caisson {

/// Some of a stream that others hear as well, whole events.
struct tape_piece {
  std::string events;
  /// Who says it, for the X-Caisson-* headers.
  std::string source;
  std::string model;
};

using tape_piece_ptr = std::shared_ptr<const tape_piece>;

/// The stream of an answer as its leader's client hears it, for those who wait
/// for the same answer and want to hear it as it comes. Written on the leader's
/// thread, read by the shard; they share a lock for as long as a copy takes.
///
///   leader ──begin, add──► tape ──take──► shard ──► each who waits
///             └─ the first since the last take: "there is more" ─┘
///
/// While nobody listens nothing is said to the shard. What was said before the
/// first listener came is kept for him, up to `most_kept`; beyond that who
/// comes later waits for the whole answer.
class answer_tape {
public:
  static constexpr std::size_t most_kept = std::size_t{512} << 10;

  // -- the leader -------------------------------------------------------------

  void begin(std::string_view source, std::string_view model);

  /// True: the shard is to be told that there is more.
  bool add(std::string_view events);

  /// What the answer took, as far as it is known: before its end.
  void counted(const token_usage& took);

  /// Whether others wait for this answer: then it is fetched to its end even
  /// if its own client leaves.
  bool wanted() const noexcept {
    return wanted_.load(std::memory_order_relaxed);
  }

  // -- the shard --------------------------------------------------------------

  void want(bool really) noexcept {
    wanted_.store(really, std::memory_order_relaxed);
  }

  /// Somebody listens from now on.
  void listen();

  /// Where the tape ends now. Of what comes later it is told anew.
  std::size_t end();

  /// What was said since `from`: 0, or behind a piece that was taken; nothing
  /// where that is all.
  tape_piece_ptr take(std::size_t from) const;

  /// All who listen have taken all up to there.
  void heard(std::size_t until);

  token_usage took() const;

private:
  mutable std::mutex lock_;
  std::string source_;
  std::string model_;
  std::string events_;
  std::size_t dropped_ = 0; ///< bytes before those
  token_usage took_;
  bool listened_ = false;
  bool told_ = false; ///< the shard knows that there is more
  std::atomic<bool> wanted_{false};
};

} // namespace caisson
