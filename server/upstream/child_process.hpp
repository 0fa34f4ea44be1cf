#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/types.h>

#include "actors/fault.hpp"
#include "server/io/io_thread.hpp"

namespace caisson::upstream {

class nursery;

/// What a process is started with.
struct process_plan {
  std::string program; ///< its path
  std::vector<std::string> args;
  std::vector<std::string> env; ///< all of its environment, "NAME=value" each
  std::string directory;        ///< empty: the node's own
};

/// What is heard of a process, on its thread.
class process_owner {
public:
  virtual ~process_owner() = default;

  /// Bytes of its standard output.
  virtual void on_output(std::string_view bytes) = 0;

  /// Bytes of its standard error.
  virtual void on_complaint(std::string_view bytes) = 0;

  /// It has ended, or its output has: nothing more is heard. `how` is for
  /// people: "it exited with 1".
  virtual void on_end(const std::string& how) = 0;
};

/// A process of the node's own, with pipes for its standard input, output and
/// error; the leader of a process group, so that what it starts ends with it.
/// Nothing of the node is inherited but what the plan says: no descriptor, no
/// variable, no blocked or ignored signal. On one I/O thread.
///
///            end()             0.5 s            2 s
///   running ──────► input closed ──► SIGTERM ──► SIGKILL ──► reaped
///      │                  │ it ends      │ it ends              ▲
///      └── ends by itself ┴──────────────┴──────────────────────┘
///
/// Reaped means that its exit status was taken: there are no zombies. Whatever
/// is left of its group is killed then.
class child_process final : public swept,
                            public std::enable_shared_from_this<child_process> {
public:
  /// Starts one. It lives in `home` until it has been reaped.
  static result<std::shared_ptr<child_process>>
  start(io_thread& on, nursery& home, const process_plan& by,
        std::weak_ptr<process_owner> owner);

  /// By `start`.
  child_process(io_thread& on, nursery& home, pid_t pid,
                std::weak_ptr<process_owner> owner);
  ~child_process() override;

  /// Writes to its standard input.
  void write(std::string bytes);

  /// What it has not taken yet, in bytes.
  std::size_t waiting() const noexcept { return waiting_; }

  /// Lets it end, and sees to it that it does. Its owner hears nothing more.
  void end();

  /// The same from another thread.
  void end_there();

  /// Ends it at once; its owner hears of the end.
  void kill();

  pid_t pid() const noexcept { return pid_; }

  void sweep(time_point now) override;

private:
  using pipe_end = boost::asio::posix::stream_descriptor;

  void adopt(int input, int output, int complaint);
  void read(pipe_end& from, std::vector<char>& into, bool complaint);
  void flush();
  bool reap();
  void tell_end(const std::string& how);
  void signal(int which) noexcept;

  io_thread& on_;
  nursery& home_;
  pid_t pid_;
  std::weak_ptr<process_owner> owner_;
  pipe_end input_;
  pipe_end output_;
  pipe_end complaints_;
  std::vector<char> said_;
  std::vector<char> complained_;
  std::deque<std::string> queue_;
  std::size_t waiting_ = 0;
  bool writing_ = false;
  bool reaped_ = false;
  time_point deaf_at_ = time_point::max(); ///< an end of output is one by then
  time_point term_at_ = time_point::max();
  time_point kill_at_ = time_point::max();
};

} // namespace caisson::upstream
