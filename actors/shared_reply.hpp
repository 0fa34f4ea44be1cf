#pragma once

#include <cstdint>
#include <forward_list>
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
/// All lanes live on the request's I/O thread. A stream that may go on
/// elsewhere has one from its start, in one allocation and without a message;
/// other requests have one only when a second target is asked.
class shared_reply : public std::enable_shared_from_this<shared_reply> {
public:
  /// A stream is kept, to be continued elsewhere, up to this many bytes of
  /// events; one that has grown beyond cannot move on any more.
  static constexpr std::size_t most_kept = 2 * 1024 * 1024;

  shared_reply(std::shared_ptr<responder> client, bool keep)
    : client_(std::move(client)), keeps_(keep) {}

  shared_reply(const shared_reply&) = delete;
  shared_reply& operator=(const shared_reply&) = delete;
  ~shared_reply();

  /// Another lane, numbered from 1.
  std::shared_ptr<responder> lane(std::uint32_t number);

  /// Two lanes run from now on: `won` is called, once, when one of them wins.
  void race(std::function<void(std::uint32_t lane)> won) {
    won_ = std::move(won);
  }

  /// The winner has died in mid-stream: the next lane goes on for it.
  void reopen() noexcept { winner_ = 0; }

  /// What the client has of the stream so far, whole events; nullptr when that
  /// is no longer known.
  std::shared_ptr<const std::string> so_far() const;

  /// Attempts of all jobs of the request: two that run count together.
  std::uint32_t attempts = 0;

private:
  class one_lane final : public responder {
  public:
    one_lane(shared_reply& home, std::uint32_t number)
      : home_(home), number_(number) {}

    bool waits() const noexcept override;
    void answer(bytes body, const provenance& from) override;
    void begin(const provenance& from) override;
    void more(bytes chunk) override;
    void used(const token_usage& what, const provenance& from) override;
    void end() override;
    void fail(const fault& what, const provenance& from) override;

  private:
    shared_reply& home_; // it is a part of it
    const std::uint32_t number_;
  };

  /// Whether this lane may speak: it has won, or does so now.
  bool claim(std::uint32_t lane);
  void keep(std::string_view chunk);

  std::shared_ptr<responder> client_;
  const bool keeps_;
  bool begun_ = false;
  bool outgrown_ = false;
  std::uint32_t winner_ = 0; ///< the lane that won; 0: none has spoken
  std::function<void(std::uint32_t)> won_;
  std::string told_;
  one_lane first_{*this, 1};
  std::forward_list<one_lane> others_;
};

} // namespace caisson
