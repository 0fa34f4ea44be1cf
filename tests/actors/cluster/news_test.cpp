#include "actors/cluster/news.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;

TEST_CASE("what stands is what was opened and not closed, with what is left") {
  time_point now{};
  cluster_news it;
  it.tell("a", {true, 1, 10s}, now);
  it.tell("b", {true, 2, 1s}, now);
  it.tell("c", {true, 3, 1s}, now);
  it.tell("c", {false, 3, {}}, now);
  now += 4s;
  auto all = it.standing(now);
  REQUIRE(all.size() == 2);
  CHECK(all[0].service == "a");
  CHECK(all[0].what.left == 6s);
  CHECK(all[1].what.episode == 2);
  CHECK(all[1].what.left == 0s);
}
