#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "protocol/lines.hpp"

namespace caisson {

/// Carries lines between two descriptors of this process, its standard input
/// and output as a rule, and whoever reads and writes them.
///
/// It has a thread of its own: files may stand at either end, which no
/// io_context can wait for, and descriptors that other processes share must not
/// be made non-blocking. The thread only waits in `poll`.
///
/// Who does not take what is written is not read from either beyond 1 MiB of
/// it, and beyond 64 MiB is taken for gone: so neither side can fill the memory
/// of the other.
class line_pump {
public:
  /// What it hears, on the pump's thread.
  struct ears {
    std::function<void(std::string line)> line;
    /// A line was longer than it may be, and is gone.
    std::function<void()> too_long;
    /// Nothing more is read: the input has ended, or nobody takes the output.
    /// Once.
    std::function<void()> ended;
  };

  /// The descriptors stay open when it ends.
  line_pump(int from, int to, std::size_t longest, ears by);

  /// Ends the thread; what has not been written is dropped.
  ~line_pump();
  line_pump(const line_pump&) = delete;
  line_pump& operator=(const line_pump&) = delete;

  void start();

  /// Writes a line, a line end behind it. On any thread.
  void put(std::string line);

  /// How much is waiting to be written, in bytes. On any thread.
  std::size_t waiting() const noexcept { return waiting_; }

private:
  void run();
  void read();
  void end_reading();
  void hand_on();
  /// False: nobody takes it any more.
  bool write();
  void lose_output();
  void drop_output();
  void ring();

  static constexpr std::size_t most_waiting = 1024 * 1024;
  static constexpr std::size_t most_ever = 64 * 1024 * 1024;

  int from_;
  int to_;
  int bell_; ///< an eventfd: there is something to write, or the end has come
  protocol::line_splitter lines_;
  ears by_;
  std::mutex lock_;
  std::string queue_;   ///< what others have put
  std::string writing_; ///< what the thread is at
  std::size_t written_ = 0;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

} // namespace caisson
