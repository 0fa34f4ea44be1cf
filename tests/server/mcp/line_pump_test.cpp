#include "server/mcp/line_pump.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

/// A pipe; its ends are closed with it.
struct pipe_pair {
  std::array<int, 2> fd{-1, -1};
  pipe_pair() { REQUIRE(::pipe2(fd.data(), O_CLOEXEC) == 0); }
  ~pipe_pair() {
    shut(0);
    shut(1);
  }
  void shut(std::size_t end) {
    if (fd[end] >= 0)
      ::close(std::exchange(fd[end], -1));
  }
  void write(std::string_view text) const {
    REQUIRE(::write(fd[1], text.data(), text.size())
            == static_cast<ssize_t>(text.size()));
  }
  /// The next bytes, `size` of them.
  std::string read(std::size_t size) const {
    std::string all(size, '\0');
    for (std::size_t done = 0; done < size;) {
      const auto n = ::read(fd[0], all.data() + done, size - done);
      REQUIRE(n > 0);
      done += static_cast<std::size_t>(n);
    }
    return all;
  }
};

/// Hears a pump, on its thread, and tells on another.
struct hearing {
  std::mutex lock;
  std::condition_variable told;
  std::vector<std::string> lines;
  int too_long = 0;
  int ended = 0;

  line_pump::ears ears() {
    return {[this](std::string line) {
              note([&] { lines.push_back(std::move(line)); });
            },
            [this] { note([&] { ++too_long; }); },
            [this] { note([&] { ++ended; }); }};
  }

  template <class Predicate>
  bool comes(Predicate predicate) {
    std::unique_lock guard{lock};
    return told.wait_for(guard, std::chrono::seconds{20}, predicate);
  }

private:
  template <class Note>
  void note(Note what) {
    const std::lock_guard guard{lock};
    what();
    told.notify_all();
  }
};

struct world {
  world() { std::signal(SIGPIPE, SIG_IGN); }
  pipe_pair in;
  pipe_pair out;
  hearing heard;
  line_pump pump{in.fd[0], out.fd[1], 100, heard.ears()};
};

} // namespace

TEST_CASE("lines come in and go out", "[pump]") {
  world w;
  w.pump.start();
  w.in.write("one\ntw");
  w.in.write("o\n");
  CHECK(w.heard.comes([&] { return w.heard.lines.size() == 2; }));
  CHECK(w.heard.lines == std::vector<std::string>{"one", "two"});
  w.pump.put("three");
  w.pump.put("four");
  CHECK(w.out.read(11) == "three\nfour\n");
}

TEST_CASE("the end of the input is heard after the last line", "[pump]") {
  world w;
  w.pump.start();
  w.in.write("one\nrest");
  w.in.shut(1);
  CHECK(w.heard.comes([&] { return w.heard.ended == 1; }));
  CHECK(w.heard.lines == std::vector<std::string>{"one", "rest"});
  // What is said then is still written.
  w.pump.put("answer");
  CHECK(w.out.read(7) == "answer\n");
}

TEST_CASE("nobody at the output is the end, once", "[pump]") {
  world w;
  w.pump.start();
  w.out.shut(0);
  CHECK(w.heard.comes([&] { return w.heard.ended == 1; }));
  w.pump.put("for nobody");
  w.in.write("not read\n");
  w.in.shut(1);
  // More than it would keep for anybody.
  w.pump.put(std::string(65u << 20, 'x'));
  w.pump.put("last");
  CHECK(w.heard.ended == 1);
  CHECK(w.heard.lines.empty());
}

TEST_CASE("who does not read what is written is not read from", "[pump]") {
  world w;
  w.pump.start();
  const std::string large(4u << 20, 'x');
  w.pump.put(large);
  w.in.write("later\n");
  CHECK(w.pump.waiting() > 1u << 20);
  CHECK(w.out.read(large.size() + 1) == large + '\n');
  CHECK(w.heard.comes([&] { return w.heard.lines.size() == 1; }));
}

TEST_CASE("who never reads is taken for gone", "[pump]") {
  world w;
  w.pump.start();
  const std::string large(16u << 20, 'x');
  for (auto i = 0; i < 5; ++i)
    w.pump.put(large);
  CHECK(w.heard.comes([&] { return w.heard.ended == 1; }));
}

TEST_CASE("a line that is too long is told", "[pump]") {
  world w;
  w.pump.start();
  w.in.write(std::string(1'000, 'x') + "\nnext\n");
  CHECK(w.heard.comes([&] { return w.heard.lines.size() == 1; }));
  CHECK(w.heard.too_long == 1);
  CHECK(w.heard.lines.front() == "next");
}

TEST_CASE("a pump ends while nobody reads and nothing comes", "[pump]") {
  world w;
  w.pump.start();
  w.pump.put(std::string(2u << 20, 'x'));
}
