#include "server/upstream/child_process.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/upstream/nursery.hpp"

namespace caisson::upstream {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr auto exit_follows_within = 500ms;
constexpr auto term_after = 500ms;
constexpr auto kill_after = 2s;
constexpr std::size_t piece = 64 * 1024;
constexpr int first_that_is_not_its_own = 3;

/// Both ends of a pipe; closed when dropped.
struct two_ends {
  std::array<int, 2> fd{-1, -1};

  two_ends() = default;
  two_ends(const two_ends&) = delete;
  two_ends& operator=(const two_ends&) = delete;
  ~two_ends() {
    for (auto one : fd)
      if (one >= 0)
        ::close(one);
  }
  bool open() { return ::pipe2(fd.data(), O_CLOEXEC) == 0; }
  int part_with(std::size_t end) { return std::exchange(fd[end], -1); }
};

/// What posix_spawn is told, freed when dropped.
struct spawning {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t how{};

  spawning() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
  }
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;
  ~spawning() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
  }

  /// A group of its own, and signals as a program finds them.
  void separate() {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF
                                     | POSIX_SPAWN_SETSIGMASK);
  }
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& one : texts)
    all.push_back(one.data());
  all.push_back(nullptr);
  return all;
}

fault not_started(int why) {
  return make_fault(errc::mcp_unavailable, failure_kind::connect,
                    std::string{"the server's process cannot be started: "}
                      + std::strerror(why));
}

/// The pid, or the error.
result<pid_t> spawn(const process_plan& by, int input, int output,
                    int complaint) {
  auto args = by.args;
  args.insert(args.begin(), by.program);
  auto env = by.env;
  spawning told;
  told.separate();
  if (!by.directory.empty())
    posix_spawn_file_actions_addchdir_np(&told.files, by.directory.c_str());
  posix_spawn_file_actions_adddup2(&told.files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&told.files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&told.files, complaint, STDERR_FILENO);
  // Sockets are not all made to be closed by this.
  posix_spawn_file_actions_addclosefrom_np(&told.files,
                                           first_that_is_not_its_own);
  pid_t pid = 0;
  const auto why
    = ::posix_spawn(&pid, by.program.c_str(), &told.files, &told.how,
                    pointers_to(args).data(), pointers_to(env).data());
  if (why != 0)
    return not_started(why);
  return pid;
}

std::string sentence_of(int status) {
  if (WIFSIGNALED(status))
    return "it was ended by signal " + std::to_string(WTERMSIG(status));
  return "it exited with " + std::to_string(WEXITSTATUS(status));
}

} // namespace

result<std::shared_ptr<child_process>>
child_process::start(io_thread& on, nursery& home, const process_plan& by,
                     std::weak_ptr<process_owner> owner) {
  two_ends input;
  two_ends output;
  two_ends complaint;
  if (!input.open() || !output.open() || !complaint.open())
    return not_started(errno);
  if (!home.open())
    return make_fault(errc::shutting_down, "the node ends");
  const auto pid = spawn(by, input.fd[0], output.fd[1], complaint.fd[1]);
  if (!pid)
    return pid.error();
  auto made = std::make_shared<child_process>(on, home, *pid, std::move(owner));
  home.take(made);
  made->adopt(input.part_with(1), output.part_with(0), complaint.part_with(0));
  return made;
}

child_process::child_process(io_thread& on, nursery& home, pid_t pid,
                             std::weak_ptr<process_owner> owner)
  : on_{on}, home_{home}, pid_{pid}, owner_{std::move(owner)},
    input_{on.context()}, output_{on.context()}, complaints_{on.context()},
    said_(piece), complained_(piece / 16) {
  on_.look_after(*this);
}

child_process::~child_process() {
  // Only when the node ends before it has: nobody is left to wait for it.
  if (!reaped_)
    signal(SIGKILL);
}

void child_process::adopt(int input, int output, int complaint) {
  error_code ec;
  input_.assign(input, ec);
  output_.assign(output, ec);
  complaints_.assign(complaint, ec);
  read(output_, said_, false);
  read(complaints_, complained_, true);
}

// -- what it says -------------------------------------------------------------

void child_process::read(pipe_end& from, std::vector<char>& into,
                         bool complaint) {
  from.async_read_some(
    boost::asio::buffer(into), [self = shared_from_this(), &from, &into,
                                complaint](error_code ec, std::size_t size) {
      auto owner = self->owner_.lock();
      if (!owner)
        return;
      if (ec) {
        // As a rule it has ended, which says more.
        if (!complaint && !self->reap())
          self->deaf_at_ = io_thread::now() + exit_follows_within;
        return;
      }
      const std::string_view bytes{into.data(), size};
      if (complaint)
        owner->on_complaint(bytes);
      else
        owner->on_output(bytes);
      self->read(from, into, complaint);
    });
}

void child_process::write(std::string bytes) {
  waiting_ += bytes.size();
  queue_.push_back(std::move(bytes));
  flush();
}

void child_process::flush() {
  if (writing_ || queue_.empty() || !input_.is_open())
    return;
  writing_ = true;
  boost::asio::async_write(
    input_, boost::asio::buffer(queue_.front()),
    [self = shared_from_this()](error_code ec, std::size_t) {
      self->writing_ = false;
      if (ec || self->queue_.empty())
        return; // its end is seen at its output
      self->waiting_ -= self->queue_.front().size();
      self->queue_.pop_front();
      self->flush();
    });
}

// -- its end ------------------------------------------------------------------

void child_process::signal(int which) noexcept {
  ::kill(-pid_, which);
}

void child_process::end() {
  owner_.reset();
  error_code ec;
  input_.close(ec);
  output_.close(ec);
  complaints_.close(ec);
  if (reaped_ || kill_at_ != time_point::max())
    return;
  term_at_ = io_thread::now() + term_after;
  kill_at_ = term_at_ + kill_after;
}

void child_process::end_there() {
  boost::asio::post(on_.context(),
                    [self = shared_from_this()] { self->end(); });
}

void child_process::kill() {
  if (!reaped_)
    signal(SIGKILL);
}

void child_process::sweep(time_point now) {
  const auto self = shared_from_this();
  if (reap())
    return;
  if (now >= deaf_at_) {
    deaf_at_ = time_point::max();
    tell_end("it closed its output");
  }
  if (now >= kill_at_) {
    signal(SIGKILL);
    kill_at_ = now + kill_after;
  } else if (now >= term_at_) {
    signal(SIGTERM);
    term_at_ = kill_at_;
  }
}

/// True: it has ended.
bool child_process::reap() {
  int status = 0;
  if (reaped_)
    return true;
  if (::waitpid(pid_, &status, WNOHANG) != pid_)
    return false;
  const auto self = shared_from_this();
  reaped_ = true;
  signal(SIGKILL); // what it has left behind
  on_.forget(*this);
  home_.gone(this);
  tell_end(sentence_of(status));
  return true;
}

/// Its owner hears it once, and after all that it has said.
void child_process::tell_end(const std::string& how) {
  auto owner = std::exchange(owner_, {}).lock();
  error_code ec;
  if (owner && output_.is_open()) {
    output_.non_blocking(true, ec);
    for (;;) {
      const auto size = output_.read_some(boost::asio::buffer(said_), ec);
      if (ec || size == 0)
        break;
      owner->on_output({said_.data(), size});
    }
  }
  end();
  if (owner)
    owner->on_end(how);
}

} // namespace caisson::upstream
