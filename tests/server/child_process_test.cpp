#include "server/upstream/child_process.hpp"

#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/upstream/nursery.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

/// Hears a process on its thread, and tells on another.
class hearing final : public process_owner {
public:
  void on_output(std::string_view bytes) override {
    note([&] { output += bytes; });
  }
  void on_complaint(std::string_view bytes) override {
    note([&] { complaint += bytes; });
  }
  void on_end(const std::string& how) override {
    note([&] { ends.push_back(how); });
  }

  template <class Predicate>
  bool comes(Predicate predicate) {
    std::unique_lock guard{lock};
    return told.wait_for(guard, std::chrono::seconds{20}, predicate);
  }

  std::mutex lock;
  std::condition_variable told;
  std::string output;
  std::string complaint;
  std::vector<std::string> ends;

private:
  template <class Note>
  void note(Note what) {
    const std::lock_guard guard{lock};
    what();
    told.notify_all();
  }
};

/// One I/O thread, on which a shell runs what a test says.
struct world {
  world() : system{config}, on{system, 0} { on.start(); }
  ~world() { home.close(millis{20'000}); }

  std::shared_ptr<child_process> start(process_plan plan) {
    std::promise<std::shared_ptr<child_process>> made;
    boost::asio::post(on.context(), [&] {
      auto one = child_process::start(on, home, plan, heard);
      if (!one)
        why = one.error();
      made.set_value(one ? *one : nullptr);
    });
    return made.get_future().get();
  }

  std::shared_ptr<child_process> shell(std::string script) {
    auto made = start(
      {"/bin/sh", {"-c", std::move(script)}, {"PATH=/usr/bin:/bin"}, {}});
    REQUIRE(made);
    return made;
  }

  void write(const std::shared_ptr<child_process>& to, std::string text) {
    boost::asio::post(on.context(),
                      [to, text = std::move(text)] { to->write(text); });
  }

  bool ended() {
    return heard->comes([&] { return !heard->ends.empty(); });
  }

  caf::actor_system_config config;
  caf::actor_system system;
  nursery home;
  std::shared_ptr<hearing> heard = std::make_shared<hearing>();
  std::optional<fault> why;
  io_thread on;
};

/// Somebody else's process, whose end can be waited for.
class watched {
public:
  explicit watched(pid_t pid)
    : fd_{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))} {
    REQUIRE(fd_ >= 0);
  }
  ~watched() { ::close(fd_); }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;

  bool has_ended() const {
    pollfd ask{fd_, POLLIN, 0};
    return ::poll(&ask, 1, 20'000) == 1;
  }

private:
  int fd_;
};

bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

} // namespace

TEST_CASE("a process is told and heard, and its end is", "[process]") {
  world w;
  auto one = w.shell("read x; echo \"got $x\"; echo oops >&2; exit 3");
  w.write(one, "this\n");
  REQUIRE(w.ended());
  CHECK(w.heard->output == "got this\n");
  CHECK(w.heard->complaint == "oops\n");
  CHECK(w.heard->ends == std::vector<std::string>{"it exited with 3"});
}

TEST_CASE("what a process says last is heard before its end", "[process]") {
  world w;
  w.shell("i=0; while [ $i -lt 2000 ]; do echo line-$i; i=$((i+1)); done");
  REQUIRE(w.ended());
  CHECK(w.heard->output.ends_with("line-1999\n"));
}

TEST_CASE("a process that is ended gets end of input first", "[process]") {
  world w;
  char name[] = "/tmp/caisson-process-XXXXXX";
  const auto file = ::mkstemp(name);
  REQUIRE(file >= 0);
  auto one = w.shell(std::string{"echo up; cat; echo well > "} + name);
  REQUIRE(w.heard->comes([&] { return w.heard->output == "up\n"; }));
  one->end_there();
  w.home.close(millis{20'000});
  std::string said(10, '\0');
  said.resize(static_cast<std::size_t>(
    std::max<ssize_t>(0, ::read(file, said.data(), said.size()))));
  CHECK(said == "well\n");
  CHECK(w.heard->ends.empty());
  ::close(file);
  ::unlink(name);
}

TEST_CASE("a process that will not end is killed, and all it has started",
          "[process]") {
  world w;
  auto one = w.shell("trap '' TERM; sleep 1000 & echo $!; "
                     "while :; do sleep 1000; done");
  REQUIRE(w.heard->comes([&] { return w.heard->output.ends_with('\n'); }));
  const auto grandchild = std::stoi(w.heard->output);
  CHECK(alive(one->pid()));
  const watched left{grandchild};
  one->end_there();
  w.home.close(millis{20'000});
  CHECK_FALSE(alive(one->pid())); // reaped: not even a zombie
  CHECK(left.has_ended());
}

TEST_CASE("a process inherits nothing that was not meant for it", "[process]") {
  ::setenv("CAISSON_TEST_CANARY", "secret", 1);
  const auto leaking = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
  world w;
  std::signal(SIGPIPE, SIG_IGN);
  auto one = w.start({"/bin/sh",
                      {"-c", "env; ls /proc/self/fd | tr '\\n' ' '; pwd; "
                             "grep SigIgn /proc/self/status"},
                      {"PATH=/usr/bin:/bin", "MINE=yes"},
                      "/"});
  REQUIRE(one);
  REQUIRE(w.ended());
  auto& said = w.heard->output;
  INFO(said);
  CHECK(said.find("CANARY") == std::string::npos);
  CHECK(said.find("MINE=yes") != std::string::npos);
  CHECK(said.find("0 1 2 3 /\n") != std::string::npos); // 3: of ls itself
  // Two above these are the C library's own.
  const auto ignored = said.substr(said.find("SigIgn:") + 8);
  CHECK((std::stoull(ignored, nullptr, 16) & 0x7fffffff) == 0);
  ::close(leaking);
  ::unsetenv("CAISSON_TEST_CANARY");
}

TEST_CASE("what cannot be started says why", "[process]") {
  world w;
  CHECK_FALSE(w.start({"/no/such/program", {}, {}, {}}));
  REQUIRE(w.why);
  CHECK(w.why->detail.find("No such file") != std::string::npos);
  w.home.close(millis{0});
  CHECK_FALSE(w.start({"/bin/true", {}, {}, {}}));
  CHECK(w.why->code == errc::shutting_down);
}

TEST_CASE("a process that closes its output has ended for us", "[process]") {
  world w;
  w.shell("exec >&-; sleep 1000");
  REQUIRE(w.ended());
  CHECK(w.heard->ends == std::vector<std::string>{"it closed its output"});
}

TEST_CASE("a process that does not read holds nobody up", "[process]") {
  world w;
  auto one = w.shell("sleep 1000");
  w.write(one, std::string(1u << 20, 'x'));
  std::promise<std::size_t> waits;
  boost::asio::post(w.on.context(), [&] { waits.set_value(one->waiting()); });
  CHECK(waits.get_future().get() > 0);
  boost::asio::post(w.on.context(), [one] { one->kill(); });
  REQUIRE(w.ended());
  CHECK(w.heard->ends == std::vector<std::string>{"it was ended by signal 9"});
}
