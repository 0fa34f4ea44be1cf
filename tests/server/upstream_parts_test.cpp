// The parts without a socket: origins, names, heads.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>

#include "protocol/dialect.hpp"
#include "server/upstream/request_head.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;
using namespace std::chrono_literals;

TEST_CASE("an origin is what its url says") {
  auto a = origin::parse("https://API.Example.com/v1/").value();
  CHECK(a.tls);
  CHECK(a.host == "api.example.com");
  CHECK(a.port == 443);
  CHECK(a.base_path == "/v1");
  CHECK(a.host_field == "api.example.com");
  auto b = origin::parse("HTTP://[::1]:8080").value();
  CHECK_FALSE(b.tls);
  CHECK(b.host == "::1");
  CHECK(b.base_path.empty());
  CHECK(b.host_field == "[::1]:8080");
  CHECK(origin::parse("http://h:443").value().host_field == "h:443");
}

TEST_CASE("a url that could mean something else is refused") {
  for (auto url : {"",
                   "h",
                   "ftp://h",
                   "http://",
                   "http://u:p@h/",
                   "http://h:0",
                   "http://h:65536",
                   "http://h:",
                   "http://h:8x",
                   "http://h/?q",
                   "http://h/#f",
                   "http://h /",
                   "http://h\r\n",
                   "http://[::1",
                   "http://[h]",
                   "http://[]",
                   "http://::1/",
                   "http://h:80:80",
                   "http://h/%2e",
                   "http://\xc3\xa4"}) {
    INFO(url);
    auto parsed = origin::parse(url);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == errc::config_invalid);
  }
}

namespace {

/// A resolver whose lookups wait to be let go, and a clock to turn.
struct names {
  names() {
    all = std::make_unique<resolver>(
      resolver::settings{},
      [state = state](const origin& who, error_code& ec) {
        std::unique_lock lock{state->guard};
        ++state->lookups;
        state->changed.notify_all();
        state->changed.wait(lock, [&] { return state->let_go > 0; });
        --state->let_go;
        if (state->fails)
          ec = boost::asio::error::host_not_found;
        return addresses{
          {boost::asio::ip::make_address("192.0.2.1"), who.port}};
      },
      [state = state] {
        return time_point{} + std::chrono::seconds{state->seconds.load()};
      });
  }

  void let_go() {
    std::lock_guard lock{state->guard};
    ++state->let_go;
    state->changed.notify_all();
  }

  void ask() {
    all->resolve(who, io, [this](error_code ec, addresses_ptr found) {
      ++answers;
      last = ec;
      CHECK(static_cast<bool>(found) == !ec);
    });
  }

  bool heard(int count) {
    for (int i = 0; i < 5'000 && answers < count; ++i) {
      io.restart();
      io.run_one_for(1ms);
    }
    return answers == count;
  }

  struct shared {
    std::mutex guard;
    std::condition_variable changed;
    int lookups = 0;
    int let_go = 0;
    bool fails = false;
    std::atomic<int> seconds{1'000};
  };

  std::shared_ptr<shared> state = std::make_shared<shared>();
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
    io.get_executor()};
  std::unique_ptr<resolver> all;
  origin who = origin::parse("http://name.example:8080").value();
  int answers = 0;
  error_code last;
};

} // namespace

TEST_CASE("an address needs no lookup") {
  names n;
  auto literal = n.all->known(origin::parse("http://[::1]:81").value());
  REQUIRE(literal);
  CHECK(literal->front().port() == 81);
  CHECK(n.all->known(n.who) == nullptr);
}

TEST_CASE("equal lookups at the same time are one, and good for 30 s") {
  names n;
  for (int i = 0; i < 3; ++i)
    n.ask();
  n.let_go();
  REQUIRE(n.heard(3));
  CHECK(n.state->lookups == 1);
  CHECK(n.all->known(n.who));
  n.state->seconds += 29;
  CHECK(n.all->known(n.who));
  n.state->seconds += 1;
  CHECK_FALSE(n.all->known(n.who));
  CHECK(n.all->last_good(n.who));
}

TEST_CASE("the last good answer serves for 5 minutes when a lookup fails") {
  names n;
  n.let_go();
  n.ask();
  REQUIRE(n.heard(1));
  n.state->fails = true;
  n.state->seconds += 299;
  n.let_go();
  n.ask();
  REQUIRE(n.heard(2));
  CHECK_FALSE(n.last);
  CHECK_FALSE(n.all->known(n.who));
  n.state->seconds += 1;
  n.let_go();
  n.ask();
  REQUIRE(n.heard(3));
  CHECK(n.last);
  CHECK_FALSE(n.all->last_good(n.who));
}

TEST_CASE("addresses that took no connection are looked up again") {
  names n;
  n.let_go();
  n.ask();
  REQUIRE(n.heard(1));
  n.all->distrust(n.who);
  CHECK_FALSE(n.all->known(n.who));
  CHECK(n.all->last_good(n.who));
}

TEST_CASE("a resolver ends though the system still holds a lookup") {
  names n;
  n.ask();
  std::unique_lock lock{n.state->guard};
  n.state->changed.wait(lock, [&] { return n.state->lookups == 1; });
  lock.unlock();
  n.all.reset();
  n.let_go();
  lock.lock();
  n.io.poll();
  CHECK(n.answers == 0);
}

TEST_CASE("a head speaks of no trace without proper ids") {
  auto where = origin::parse("http://h").value();
  protocol::upstream_request what;
  what.target = "/x";
  call from;
  from.trace_id = std::string(31, 'a');
  from.span_id = std::string(16, 'b');
  std::string head;
  compose_head(where, what, from, head);
  CHECK(head.find("traceparent") == head.npos);
  CHECK(head.find("Expect") == head.npos);
  CHECK(head.ends_with("Content-Length: 0\r\n\r\n"));
  from.trace_id += "c";
  compose_head(where, what, from, head);
  CHECK(head.find("traceparent: 00-" + from.trace_id) != head.npos);
  what.target = "/x y";
  CHECK_FALSE(well_formed(what));
}
