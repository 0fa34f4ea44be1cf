#include "server/cluster/peer_table.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;
using caisson::peering::peer_table;
using protocol::greeting;
using protocol::welcome;

namespace {

const time_point start{};

greeting from(const std::string& name, std::uint64_t incarnation = 1,
              std::string id = {}) {
  return {name, incarnation, "x:1", id.empty() ? "id of " + name : id};
}

} // namespace

TEST_CASE("a peer that calls is linked, once") {
  peer_table it{"m", 3s};
  CHECK(it.judge(from("p"), 1, start).answer == welcome::yes);
  CHECK(it.linked("p"));
  CHECK(it.judge(from("p"), 2, start).answer == welcome::linked);
  CHECK(it.link_of("p") == 1);
}

TEST_CASE("another node of a name is refused as long as the first is heard") {
  peer_table it{"m", 3s};
  it.judge(from("p", 1), 1, start);
  it.heard("p", 1, start + 2s);
  CHECK(it.judge(from("p", 2), 2, start + 4'999ms).answer == welcome::taken);
  auto late = it.judge(from("p", 2), 3, start + 5s);
  CHECK(late.answer == welcome::yes);
  CHECK(late.replaced == 1);
  CHECK(it.link_of("p") == 3);
  // What the old one still has to say changes nothing.
  it.heard("p", 1, start + 9s);
  it.ended("p", 1);
  CHECK(it.linked("p"));
}

TEST_CASE("of two that call each other, the smaller name's call stands") {
  for (auto [self, peer] : {std::pair{"a", "b"}, {"b", "a"}}) {
    peer_table it{self, 3s};
    REQUIRE(it.calling(peer, 1));
    auto said = it.judge(from(peer), 2, start).answer;
    CHECK(said == (std::string{self} == "a" ? welcome::linked : welcome::yes));
    // Its own call's answer finds the other link standing, or its own.
    auto end = it.answered(from(peer), 1, start);
    CHECK(end == (std::string{self} == "a" ? welcome::yes : welcome::linked));
    CHECK(it.linked(peer));
  }
}

TEST_CASE("nobody is called who is linked or being called") {
  peer_table it{"m", 3s};
  CHECK(it.calling("p", 1));
  CHECK(!it.calling("p", 2));
  it.ended("p", 1);
  it.judge(from("p"), 3, start);
  CHECK(!it.calling("p", 4));
}

TEST_CASE("two nodes with one id of CAF's are one too many") {
  peer_table it{"m", 3s};
  it.judge(from("p", 1, "same"), 1, start);
  CHECK(it.judge(from("q", 1, "same"), 2, start).answer == welcome::twin);
  REQUIRE(it.calling("q", 3));
  CHECK(it.answered(from("q", 1, "same"), 3, start) == welcome::twin);
  it.ended("p", 1);
  it.ended("q", 3);
  CHECK(it.judge(from("q", 1, "same"), 4, start).answer == welcome::yes);
}

TEST_CASE("a node that calls itself is told so") {
  peer_table it{"m", 3s};
  CHECK(it.calling("m", 1));
  CHECK(it.judge(from("m"), 2, start).answer == welcome::self);
  CHECK(!it.linked("m"));
}
