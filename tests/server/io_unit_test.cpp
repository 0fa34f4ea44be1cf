#include "server/io/io_unit.hpp"

#include <atomic>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/supervision/resident.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/silent_journal.hpp"

using namespace caisson;

namespace {

using echo_actor
  = caf::typed_actor<caf::replies_to<std::uint64_t>::with<std::uint64_t>>;

struct echo_state {
  echo_state() = default;
  static constexpr const char* name = "echo";
  std::thread::id home;
  std::uint64_t strayed = 0;
  std::uint64_t seen = 0;
};

/// An actor system with one I/O thread.
struct world {
  world()
    : system(config), guard(boost::asio::make_work_guard(io)),
      unit(&system, io), thread([this] { io.run(); }) {}

  ~world() {
    guard.reset();
    thread.join();
  }

  echo_actor start(std::atomic<std::uint64_t>& strayed) {
    auto place = people.enrol("echo", nullptr);
    return launch<echo_actor, echo_state>(
      system, {&unit}, place, &log, [&strayed, this](auto*) {
        return echo_actor::behavior_type{[&strayed, this](std::uint64_t x) {
          if (std::this_thread::get_id() != thread.get_id())
            ++strayed;
          return x;
        }};
      });
  }

  testing::silent_journal log;
  census people;
  caf::actor_system_config config;
  caf::actor_system system;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    guard;
  io_unit unit;
  std::thread thread;
};

} // namespace

TEST_CASE("an actor placed on an I/O thread runs there, whoever sends to it") {
  world it;
  std::atomic<std::uint64_t> strayed{0};
  auto echo = it.start(strayed);
  std::vector<std::thread> senders;
  std::atomic<std::uint64_t> answers{0};
  for (int i = 0; i < 3; ++i)
    senders.emplace_back([&] {
      caf::scoped_actor self{it.system};
      for (std::uint64_t n = 0; n < 500; ++n)
        self->request(echo, caf::infinite, n)
          .receive([&](std::uint64_t x) { answers += x == n; },
                   [](caf::error&) {});
    });
  for (auto& x : senders)
    x.join();
  CHECK(answers == 1500);
  CHECK(strayed == 0);
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
  it.system.await_all_actors_done();
}

TEST_CASE("an actor counts what it has handled and what waits") {
  world it;
  std::atomic<std::uint64_t> strayed{0};
  auto echo = it.start(strayed);
  {
    caf::scoped_actor self{it.system};
    for (std::uint64_t n = 0; n < 10; ++n)
      self->request(echo, caf::infinite, n)
        .receive([](std::uint64_t) {}, [](caf::error&) {});
  }
  auto place = it.people.places().front();
  CHECK(place->alive);
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
  it.system.await_all_actors_done();
  CHECK(place->handled_ever() >= 10);
  CHECK(place->mailbox() == 0);
  CHECK_FALSE(place->alive);
}
