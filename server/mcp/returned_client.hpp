#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "server/io/io_thread.hpp"
#include "server/mcp/late_answer.hpp"

namespace caisson {

/// A modern client that has come again to a call which had asked it something,
/// by a request of its own, it may be on another thread than the call's. The
/// call says to it what it has to say; on any thread.
class returned_client : public std::enable_shared_from_this<returned_client> {
public:
  /// What its request says, JSON as it stood there.
  struct words {
    std::string id;
    std::string progress_token;
    /// Results by the keys of what was asked, JSON.
    std::map<std::string, std::string> responses;
  };

  returned_client(io_thread& home, late_answer end, words said)
    : home_(home), end_(std::move(end)), said_(std::move(said)) {}

  const words& said() const noexcept { return said_; }

  /// It has not hung up, and has no answer yet.
  bool waits() const noexcept { return !over_; }

  void say(std::string message, millis keep_alive);
  void finish(std::string message, unsigned status);

  // -- on its own thread ------------------------------------------------------

  /// It has hung up.
  void gone() noexcept { over_ = true; }

  void sign(time_point now, millis keep_alive);

private:
  io_thread& home_;
  late_answer end_;
  words said_;
  std::atomic<bool> over_{false};
};

} // namespace caisson
