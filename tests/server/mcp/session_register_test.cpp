#include "server/mcp/session_register.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using std::chrono::seconds;

namespace {

const session_register::time start{seconds{1'800'000'000}};
const auto later = start + seconds{60};
constexpr session_register::key alice{1};
constexpr session_register::key bob{2};

} // namespace

TEST_CASE("a session hears of what it has asked for until it asks no more") {
  session_register all;
  CHECK_FALSE(all.wants(alice, "a://b"));
  CHECK(all.subscribe(alice, "a://b", later, start));
  CHECK(all.wants(alice, "a://b"));
  CHECK_FALSE(all.wants(alice, "a://c"));
  CHECK_FALSE(all.wants(bob, "a://b"));
  all.unsubscribe(alice, "a://c");
  CHECK(all.wants(alice, "a://b"));
  all.unsubscribe(alice, "a://b");
  CHECK_FALSE(all.wants(alice, "a://b"));
}

TEST_CASE("a session that has ended wants nothing more") {
  session_register all;
  all.subscribe(alice, "a://b", later, start);
  all.end(alice, later, start);
  CHECK(all.ended(alice));
  CHECK_FALSE(all.wants(alice, "a://b"));
}

TEST_CASE(
  "a resource is wanted as long as anybody wants it, and its end shows") {
  session_register all;
  const std::vector<std::string> both{"a://b", "a://c"};
  all.subscribe(alice, "a://b", later, start);
  all.heed(both);
  all.heed(both);
  CHECK(all.wanted("a://b"));
  CHECK(all.wanted("a://c"));
  CHECK_FALSE(all.wanted("a://d"));
  CHECK_FALSE(all.interest_lost());
  all.ignore(both);
  CHECK(all.interest_lost());
  CHECK_FALSE(all.interest_lost());
  CHECK(all.wanted("a://c"));
  all.ignore(both);
  CHECK_FALSE(all.wanted("a://c"));
  CHECK(all.wanted("a://b"));
  CHECK(all.interest_lost());
  all.end(alice, later, start);
  CHECK(all.interest_lost());
  CHECK_FALSE(all.wanted("a://b"));
}

TEST_CASE("nobody watches more than a thousand resources") {
  session_register all;
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(all.subscribe(alice, std::to_string(i), later, start));
  CHECK_FALSE(all.subscribe(alice, "one more", later, start));
  CHECK(all.subscribe(alice, "7", later, start));
}

TEST_CASE("sessions that have expired make room for others") {
  session_register all;
  for (int i = 0; i < 10'000; ++i) {
    session_register::key one{static_cast<std::uint8_t>(i % 256),
                              static_cast<std::uint8_t>(i / 256)};
    REQUIRE(all.subscribe(one, "a", later, start));
  }
  constexpr session_register::key newcomer{0, 0, 1};
  CHECK_FALSE(all.subscribe(newcomer, "a", later, start));
  CHECK(all.subscribe(newcomer, "a", later + seconds{60}, later));
}

TEST_CASE("a session has one stream, and all together as many as may be") {
  using place = session_register::place;
  session_register all;
  auto first = all.take(&alice, 2);
  CHECK(first.how == place::taken);
  CHECK(all.take(&alice, 2).how == place::twice);
  auto other = all.take(nullptr, 2);
  CHECK(other.how == place::taken);
  CHECK(all.take(&bob, 2).how == place::full);
  CHECK(all.streams() == 2);
  all.leave(&alice, first.number);
  CHECK(all.take(&bob, 2).how == place::taken);
  all.leave(nullptr, other.number);
  CHECK(all.take(&alice, 2).how == place::taken);
}

TEST_CASE("who has lost its stream has another in its place") {
  session_register all;
  using place = session_register::place;
  auto lost = all.take(&alice, 3);
  auto next = all.take(&alice, 3, true);
  CHECK(next.how == place::taken);
  CHECK(all.streams() == 2);
  // That the lost one ends later makes no room for a third.
  all.leave(&alice, lost.number);
  CHECK(all.streams() == 1);
  CHECK(all.take(&alice, 3).how == place::twice);
  all.leave(&alice, next.number);
  CHECK(all.take(&alice, 3).how == place::taken);
}
