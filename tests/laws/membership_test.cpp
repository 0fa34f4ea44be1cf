#include "actors/policies/membership.hpp"

#include <algorithm>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum member_state;

namespace {

constexpr millis patience{3'000};
const std::vector<std::string> everybody{"self", "a", "b", "c"};

membership fresh() {
  return {"self", 100, patience, everybody};
}

const member& of(const membership& all, const std::string& name) {
  return all.others().at(name);
}

} // namespace

TEST_CASE("who is silent for longer than the limit is gone at the next look, "
          "and nobody sooner") {
  holds([] {
    auto it = fresh();
    std::int64_t now = 0;
    std::int64_t last = 0;
    it.linked("a", "x:1", 1, at(0));
    for (auto word : tape()) {
      now += word % 1'500;
      auto dead = it.sweep(at(now));
      auto late = now - last > patience.count();
      RC_ASSERT(dead.empty() != late);
      if (late)
        return;
      RC_ASSERT(of(it, "a").state == alive);
      if (word % 3 == 0) {
        RC_ASSERT(it.heard("a", 1, at(now)));
        last = now;
      }
    }
  });
}

TEST_CASE("a life that has ended does not go on, whatever is heard") {
  holds([] {
    auto it = fresh();
    std::int64_t now = 0;
    std::uint64_t buried = 0; // the highest life that has ended
    for (auto word : tape()) {
      auto life = 1 + word / 8 % 5;
      now += word / 64 % 4'000;
      switch (word % 8) {
        case 0:
          it.linked("a", "x:1", life, at(now));
          break;
        case 1:
          it.unlinked("a");
          break;
        case 2:
          it.parted("a", life);
          break;
        default:
          it.heard("a", life, at(now));
      }
      for (auto& name : it.sweep(at(now)))
        RC_ASSERT(name == "a");
      if (!it.others().count("a"))
        continue;
      auto& a = of(it, "a");
      if (a.state == gone || a.state == left)
        buried = std::max(buried, a.incarnation);
      else
        RC_ASSERT(a.incarnation > buried);
      RC_ASSERT(a.state != alive || a.linked);
    }
  });
}

TEST_CASE("incarnations of a member never go back") {
  holds([] {
    auto it = fresh();
    std::uint64_t last = 0;
    std::int64_t now = 0;
    it.linked("a", "x:1", 1, at(0));
    for (auto word : tape()) {
      now += word % 2'000;
      it.heard("a", word / 4 % 9, at(now));
      it.sweep(at(now));
      RC_ASSERT(of(it, "a").incarnation >= last);
      last = of(it, "a").incarnation;
    }
  });
}

TEST_CASE("who is taken for dead lives on in a life that nobody has buried") {
  holds([] {
    auto it = fresh();
    for (auto word : tape()) {
      auto before = it.incarnation();
      auto in = 100 + word % 50;
      auto reborn = it.buried(in, 100 + word % 70);
      RC_ASSERT(reborn == (in >= before));
      RC_ASSERT(!reborn || it.incarnation() > in);
      RC_ASSERT(reborn || it.incarnation() == before);
    }
  });
}

TEST_CASE("strangers do not belong, whoever names them, and neither does this "
          "node itself") {
  auto it = fresh();
  for (auto name : {"stranger", "self", ""}) {
    it.linked(name, "x:1", 1, at(0));
    it.named(name, "x:1", at(0));
    CHECK(!it.heard(name, 1, at(0)));
  }
  CHECK(it.others().empty());
}

TEST_CASE("a link that ends leaves the time that silence has") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.unlinked("a");
  CHECK(of(it, "a").state == suspect);
  CHECK(it.sweep(at(3'000)).empty());
  CHECK(it.sweep(at(3'001)) == std::vector<std::string>{"a"});
  CHECK(of(it, "a").state == gone);
}

TEST_CASE("a node that has slept blames nobody for the silence") {
  holds([] {
    auto it = fresh();
    auto slept = pick<std::int64_t>(1'501, 1'000'000);
    it.linked("a", "x:1", 1, at(0));
    it.sweep(at(1'000));
    RC_ASSERT(it.sweep(at(1'000 + slept)).empty());
    RC_ASSERT(of(it, "a").state == alive);
    // What was left of the time is left.
    RC_ASSERT(it.sweep(at(2'000 + slept)).empty());
    RC_ASSERT(it.sweep(at(3'000 + slept)).empty());
    RC_ASSERT(it.sweep(at(3'001 + slept)).size() == 1);
  });
}

TEST_CASE("a link over which nobody is heard as alive is made anew, again and "
          "again") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.sweep(at(3'001));
  CHECK(it.mute(at(6'001)).empty());
  CHECK(it.mute(at(6'002)) == std::vector<std::string>{"a"});
  CHECK(it.mute(at(9'002)).empty());
  CHECK(it.mute(at(9'003)).size() == 1);
  it.heard("a", 2, at(9'004));
  CHECK(it.mute(at(60'000)).empty());
  it.unlinked("a");
  CHECK(it.mute(at(90'000)).empty());
}

TEST_CASE("a node that comes back in time was never gone") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.unlinked("a");
  it.linked("a", "x:1", 1, at(2'000));
  CHECK(of(it, "a").state == alive);
  CHECK(it.sweep(at(5'000)).empty());
}

TEST_CASE("who has said farewell is not taken for dead, and is heard again "
          "only in another life") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.parted("a", 1);
  it.unlinked("a");
  CHECK(it.sweep(at(60'000)).empty());
  CHECK(of(it, "a").state == left);
  it.linked("a", "x:1", 1, at(61'000));
  CHECK(of(it, "a").state == left);
  it.linked("a", "x:1", 2, at(62'000));
  CHECK(of(it, "a").state == alive);
}

TEST_CASE("who is not linked is called, by each address once") {
  auto it = fresh();
  it.linked("a", "a:1", 1, at(0));
  it.named("b", "b:1", at(0));
  it.named("c", "c:1", at(0));
  auto calls = it.to_call({"a:1", "c:1", "seed:1"});
  CHECK(calls == std::vector<std::string>{"b:1", "c:1", "seed:1"});
  it.unlinked("a");
  calls = it.to_call({"a:1"});
  CHECK(calls == std::vector<std::string>{"a:1", "b:1", "c:1"});
}

TEST_CASE("who is only named has the time to be heard, and is then gone") {
  auto it = fresh();
  it.named("b", "b:1", at(1'000));
  CHECK(it.sweep(at(4'000)).empty());
  CHECK(it.sweep(at(4'001)) == std::vector<std::string>{"b"});
  it.linked("b", "b:1", 5, at(5'000));
  CHECK(of(it, "b").state == alive);
}

TEST_CASE("where others say a linked node lives changes nothing") {
  auto it = fresh();
  it.linked("a", "a:1", 1, at(0));
  it.named("a", "elsewhere:1", at(0));
  CHECK(of(it, "a").address == "a:1");
}

TEST_CASE("the states have names") {
  for (std::size_t i = 0; i < member_state_count; ++i)
    CHECK(!name_of(static_cast<member_state>(i)).empty());
  CHECK(name_of(static_cast<member_state>(member_state_count)).empty());
}

TEST_CASE("a link that is made anew has its time again before it counts as "
          "leading nowhere") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.sweep(at(3'001));
  it.unlinked("a");
  it.linked("a", "x:1", 1, at(10'000));
  CHECK(of(it, "a").state == gone);
  CHECK(it.mute(at(13'000)).empty());
  CHECK(it.mute(at(13'001)) == std::vector<std::string>{"a"});
}

TEST_CASE("a link that ends when the time of silence is over leaves none") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.sweep(at(2'900));
  it.unlinked("a");
  CHECK(of(it, "a").state == suspect);
  CHECK(it.sweep(at(3'000)).empty());
  CHECK(it.sweep(at(3'001)) == std::vector<std::string>{"a"});
}

TEST_CASE("a node that has slept blames nobody for a link that has ended "
          "meanwhile, even if it hears of that first") {
  holds([] {
    auto it = fresh();
    auto slept = pick<std::int64_t>(1'501, 1'000'000);
    it.linked("a", "x:1", 1, at(0));
    it.sweep(at(1'000));
    it.unlinked("a");
    RC_ASSERT(it.sweep(at(1'000 + slept)).empty());
    it.linked("a", "x:1", 1, at(1'001 + slept));
    RC_ASSERT(of(it, "a").state == alive);
  });
}

TEST_CASE("what is said in another life than the one that is known is not "
          "believed") {
  auto it = fresh();
  it.linked("a", "x:1", 2, at(0));
  CHECK_FALSE(it.heard("a", 1, at(1)));
  CHECK(it.heard("a", 2, at(1)));
  it.sweep(at(60'000));
  it.sweep(at(61'000));
  it.sweep(at(62'000));
  it.sweep(at(63'100));
  REQUIRE(of(it, "a").state == gone);
  CHECK_FALSE(it.heard("a", 2, at(64'000)));
}

TEST_CASE("a farewell ends the life in which it was said, and all before it") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.parted("a", 5);
  it.linked("a", "x:1", 3, at(1));
  CHECK(of(it, "a").state == left);
  it.linked("a", "x:1", 6, at(2));
  CHECK(of(it, "a").state == alive);
}

TEST_CASE("a look after just half of the time is no sleep, and after more of "
          "it is one") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  for (auto now : {0, 1'500, 3'000})
    CHECK(it.sweep(at(now)).empty());
  CHECK(it.sweep(at(3'001)).size() == 1);
  auto other = fresh();
  other.linked("a", "x:1", 1, at(0));
  other.sweep(at(1'000));
  CHECK(other.sweep(at(3'500)).empty());
}

TEST_CASE("a node knows its own name") {
  auto it = fresh();
  CHECK(it.self() == "self");
}

TEST_CASE("who is heard by a node that has just slept has the time that "
          "silence has, and not that sleep besides") {
  auto it = fresh();
  it.linked("a", "x:1", 1, at(0));
  it.sweep(at(0));
  it.heard("a", 1, at(3'599'999));
  CHECK(it.sweep(at(3'600'000)).empty());
  CHECK(it.sweep(at(3'601'500)).empty());
  CHECK(it.sweep(at(3'603'000)).empty());
  CHECK(it.sweep(at(3'603'001)) == std::vector<std::string>{"a"});
}
