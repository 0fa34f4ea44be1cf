#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "actors/call.hpp"
#include "actors/policies/congestion.hpp"
#include "server/io/io_unit.hpp"

namespace caisson {

class io_thread;

/// Something with a deadline as a field, looked at every 100 ms: no timer is
/// armed for an operation (reference/proxy.md: +0.5 us a request).
class swept {
public:
  swept() = default;
  swept(const swept&) = delete;
  swept& operator=(const swept&) = delete;
  /// Nobody looks after it any more: on its thread, or when that has ended.
  virtual ~swept();
  virtual void sweep(time_point now) = 0;

private:
  friend class io_thread;
  io_thread* by_ = nullptr; ///< who looks after it
  std::size_t slot_ = 0;
};

/// One I/O thread: an io_context, the thread that runs it, the actors that live
/// on it, and what it looks after in time. A client's socket and the upstream
/// sockets it uses live on the same one.
class io_thread {
public:
  io_thread(caf::actor_system& system, std::size_t number);
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  /// Starts the thread.
  void start();

  /// Lets the thread end; everything that still wants to run is dropped.
  void stop();

  std::size_t number() const noexcept { return number_; }
  boost::asio::io_context& context() noexcept { return context_; }
  io_unit& unit() noexcept { return unit_; }

  bool here() noexcept {
    return context_.get_executor().running_in_this_thread();
  }

  /// The longest that something may wait for its turn.
  void bound_waits(std::chrono::milliseconds bound) noexcept {
    longest_wait_ = bound;
  }

  // -- on the thread only -----------------------------------------------------

  /// The clock of deadlines, the one CAF's actors go by.
  static time_point now() noexcept { return std::chrono::steady_clock::now(); }

  /// A name for a request, unique on this thread.
  std::uint64_t next_id() noexcept { return ++last_id_; }

  void look_after(swept& what);
  void forget(swept& what) noexcept;

  /// How many requests it may have under way; told by the sessions.
  congestion& load() noexcept { return load_; }

  /// What has become ready waits for its turn longer than it should.
  bool behind() const noexcept { return load_.delay() > longest_wait_.load(); }

  /// `Date: ...\r\n` of this second, kept ready.
  std::string_view date_field();

private:
  void arm_sweep();
  void sweep_all();
  void measure_delay();

  static constexpr std::chrono::milliseconds sweep_every{100};
  static constexpr std::chrono::milliseconds measure_every{20};

  std::size_t number_;
  /// Those that are there longer than the thread know of it no more.
  struct flock : std::vector<swept*> {
    ~flock();
  };
  flock swept_; // outlives what the context still holds
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_;
  io_unit unit_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer measuring_;
  boost::asio::posix::stream_descriptor bell_;
  congestion load_;
  std::atomic<std::chrono::milliseconds> longest_wait_{};
  time_point rung_{}; ///< when the wait under way began
  std::uint64_t last_id_ = 0;
  std::time_t date_second_ = 0;
  std::string date_field_;
  std::thread thread_;
};

} // namespace caisson
