#include "server/mcp/answer_shelf.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

constexpr answer_shelf::key alice{1};
constexpr answer_shelf::key bob{2};
const time_point start{std::chrono::hours{1}};

} // namespace

TEST_CASE("a session that lost an answer is told what it missed of it") {
  answer_shelf all;
  auto stream = all.begin(alice, start);
  auto first = all.add(alice, stream, R"({"a":1})", false, start);
  CHECK(first.find("id: " + to_string(protocol::mcp::event_id{stream, 1}))
        != first.npos);
  auto rest = all.after(alice, {stream, 0});
  REQUIRE(rest);
  CHECK(rest->events == std::vector{first});
  CHECK_FALSE(rest->over);
  auto last = all.add(alice, stream, R"({"b":2})", true, start);
  rest = all.after(alice, {stream, 1});
  REQUIRE(rest);
  CHECK(rest->events == std::vector{last});
  CHECK(rest->over);
}

TEST_CASE("what was another's answer is nobody's") {
  answer_shelf all;
  auto stream = all.begin(alice, start);
  all.add(alice, stream, "{}", true, start);
  CHECK_FALSE(all.after(bob, {stream, 0}));
  CHECK_FALSE(all.take_up(bob, stream, [] {}));
  CHECK_FALSE(all.after(alice, {stream + 2, 0}));
  all.drop(bob);
  CHECK(all.after(alice, {stream, 0}));
  all.drop(alice);
  CHECK_FALSE(all.after(alice, {stream, 0}));
  CHECK(all.bytes() == 0);
}

TEST_CASE("who has taken an answer up hears that there is more") {
  answer_shelf all;
  auto stream = all.begin(alice, start);
  CHECK_FALSE(all.taken_up(alice, stream));
  auto heard = 0;
  CHECK(all.take_up(alice, stream, [&heard] { ++heard; }));
  CHECK(all.taken_up(alice, stream));
  all.add(alice, stream, "{}", false, start);
  CHECK(heard == 1);
  CHECK(all.take_up(alice, stream, [] {}));
  all.add(alice, stream, "{}", false, start);
  CHECK(heard == 1);
}

TEST_CASE("who has taken an answer up hears that it is gone") {
  answer_shelf all;
  auto stream = all.begin(alice, start);
  auto heard = 0;
  all.take_up(alice, stream, [&] {
    ++heard;
    CHECK_FALSE(all.after(alice, {stream, 0}));
  });
  all.drop(alice, stream);
  CHECK(heard == 1);
}

TEST_CASE("an answer that is over lies there a minute") {
  answer_shelf all;
  auto stream = all.begin(alice, start);
  all.add(alice, stream, "{}", true, start);
  auto next = all.begin(alice, start + std::chrono::seconds{59});
  CHECK(all.after(alice, {stream, 0}));
  all.begin(alice, start + std::chrono::seconds{60});
  CHECK_FALSE(all.after(alice, {stream, 0}));
  CHECK(all.after(alice, {next, 0}));
}

TEST_CASE("answers are kept within bounds, the oldest go first") {
  answer_shelf::bounds within;
  within.streams = 2;
  within.bytes = 500;
  within.stream_bytes = 300;
  answer_shelf all{within};
  const std::string text(150, 'x');
  auto one = all.begin(alice, start);
  auto two = all.begin(alice, start);
  auto three = all.begin(bob, start);
  CHECK_FALSE(all.after(alice, {one, 0}));
  // What has no place any more is said all the same, under no id.
  CHECK(all.add(alice, one, text, false, start).find("id:")
        == std::string::npos);
  all.add(alice, two, text, false, start);
  all.add(alice, two, text, false, start);
  CHECK_FALSE(all.after(alice, {two, 0}));
  CHECK(all.after(alice, {two, 1}));
  all.add(bob, three, text, false, start);
  CHECK(all.bytes() <= 500);
  all.drop(alice, two);
  CHECK_FALSE(all.after(alice, {two, 1}));
  CHECK(all.after(bob, {three, 0}));
}
