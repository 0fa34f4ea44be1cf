#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/ports.hpp"

namespace caisson {

/// The client's end of a request that more than one target may answer: two at
/// a time (a hedge), or one after the other in the middle of a stream. Each
/// target speaks through a lane of its own. The first lane to say something
/// wins, and what the others say is lost; the client hears one answer.
///
///   lane 1 ──► begin ──► wins ─── more, more, … ──► end ──► the client
///   lane 2 ──► begin ──► too late: hears that nobody waits
///
/// All lanes live on the request's I/O thread.
class shared_reply : public std::enable_shared_from_this<shared_reply> {
public:
  /// A stream is kept, to be continued elsewhere, up to this many bytes of
  /// events; one that has grown beyond cannot move on any more.
  static constexpr std::size_t most_kept = 2 * 1024 * 1024;

  shared_reply(std::shared_ptr<responder> client, bool keep)
    : client_(std::move(client)), keeps_(keep) {}

  /// Another lane, numbered from 1; `won` is called when it wins.
  std::shared_ptr<responder> lane(std::uint32_t number,
                                  std::function<void()> won);

  /// The lane that won; 0: none has spoken.
  std::uint32_t winner() const noexcept { return winner_; }

  /// The winner has died in mid-stream: the next lane goes on for it.
  void reopen() noexcept { winner_ = 0; }

  /// What the client has of the stream so far, whole events; nullptr when that
  /// is no longer known.
  std::shared_ptr<const std::string> so_far() const;

private:
  class one_lane;

  bool waits(std::uint32_t lane) const noexcept;
  /// Whether this lane may speak: it has won, or does so now.
  bool claim(std::uint32_t lane, const std::function<void()>& won);
  void begin(const provenance& from);
  void more(bytes chunk);

  std::shared_ptr<responder> client_;
  const bool keeps_;
  std::uint32_t winner_ = 0;
  bool begun_ = false;
  bool outgrown_ = false;
  std::string told_;
};

} // namespace caisson
