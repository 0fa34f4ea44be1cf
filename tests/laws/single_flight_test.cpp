#include "actors/policies/single_flight.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

using flights = single_flight<int>;

auto until(std::int64_t when) {
  return [when](int) { return at(when); };
}

} // namespace

TEST_CASE("C2: of those who ask for the same, one at a time leads, each is "
          "answered once, and nobody is forgotten") {
  holds([] {
    flights it;
    std::map<std::string, std::uint64_t> leaders; // number
    std::map<std::string, int> leading;           // who
    std::set<int> owed, answered;
    std::int64_t now = 0;
    int last = 0;
    auto lead = [&](const std::string& key) {
      auto next = it.lead(key, until(now + 10));
      if (!next)
        return;
      RC_ASSERT(!leaders.contains(key));
      leaders[key] = next->number;
      leading[key] = next->who;
    };
    auto answer = [&](int who) {
      RC_ASSERT(owed.erase(who) == 1u);
      RC_ASSERT(answered.insert(who).second);
    };
    auto gone = [&](const std::string& key) {
      leaders.erase(key);
      answer(leading.at(key));
      leading.erase(key);
    };
    for (auto word : tape()) {
      now += word % 3;
      std::string key{"xy"[word / 8 % 2]};
      switch (word % 6) {
        case 0:
        case 1:
          owed.insert(++last);
          if (it.join(key, last))
            lead(key);
          break;
        case 2: // the leader is back
          if (leaders.contains(key)) {
            RC_ASSERT(it.led_by(key, leaders[key]));
            for (auto who : it.land(key))
              answer(who);
            gone(key);
          }
          break;
        case 3: // the leader is lost
          if (leaders.contains(key)) {
            auto others = it.waiting(key) > 0;
            RC_ASSERT(it.lost(key, leaders[key]) == others);
            RC_ASSERT(!it.lost(key, leaders[key])); // late news
            gone(key);
            lead(key);
          }
          break;
        case 4: // leases that are over
          for (auto& one : std::map{leaders})
            if (it.led_by(one.first, one.second)) {
              auto before = it.waiting(one.first);
              auto list = it.expire(at(now));
              auto over = std::ranges::find(list, one.first) != list.end();
              RC_ASSERT(!over || before > 0);
              for (auto& other : std::map{leaders})
                if (!it.led_by(other.first, other.second)) {
                  gone(other.first);
                  lead(other.first);
                }
            }
          break;
        default:
          for (auto who : it.withdraw(
                 [&](int who) { return who % 3 == int(word / 64 % 3); }))
            answer(who);
      }
    }
    for (auto& one : std::map{leaders}) {
      for (auto who : it.land(one.first))
        answer(who);
      gone(one.first);
    }
    RC_ASSERT(owed.empty());
    RC_ASSERT(it.size() == 0u);
  });
}

TEST_CASE("C2: k equal questions at once are one flight, and its landing "
          "answers all k") {
  flights it;
  CHECK(it.join("x", 0));
  for (int i = 1; i < 100; ++i)
    CHECK_FALSE(it.join("x", i));
  auto leader = it.lead("x", until(5));
  REQUIRE(leader);
  CHECK(leader->who == 0);
  CHECK_FALSE(it.lead("x", until(5)));
  CHECK(it.land("x").size() == 99);
  CHECK_FALSE(it.flies("x"));
}

TEST_CASE("a leader whose lease is over is replaced, and what it brings late "
          "is not the flight's") {
  flights it;
  it.join("x", 1);
  it.join("x", 2);
  auto first = it.lead("x", until(10));
  CHECK(it.expire(at(9)).empty());
  CHECK(it.expire(at(10)) == std::vector<std::string>{"x"});
  CHECK(it.leaderless("x"));
  auto second = it.lead("x", until(20));
  CHECK(second->who == 2);
  CHECK_FALSE(it.led_by("x", first->number));
  CHECK(it.led_by("x", second->number));
  CHECK(it.expire(at(20)).empty()); // nobody waits any more
  CHECK_FALSE(it.flies("x"));
}

TEST_CASE("those who leave are taken out, wherever they wait; a flight that is "
          "led goes on without them, another is over") {
  flights it;
  for (int who : {1, 2, 3})
    it.join("x", who);
  it.lead("x", until(5));
  it.join("y", 4);
  CHECK(it.flies("y"));
  CHECK(it.size() == 2);
  auto out = it.withdraw([](int who) { return who != 3; });
  std::ranges::sort(out);
  CHECK(out == std::vector{2, 4});
  CHECK_FALSE(it.flies("y"));
  CHECK(it.waiting("x") == 1);
  CHECK(it.waiting("y") == 0);
}

TEST_CASE("those who are taken out of one flight leave it where it is, until "
          "somebody is to lead it and nobody waits") {
  flights it;
  for (int who : {1, 2, 3})
    it.join("x", who);
  it.join("y", 4);
  CHECK(it.take("x", [](int who) { return who != 2; }) == std::vector{1, 3});
  CHECK(it.take("z", [](int) { return true; }).empty());
  std::vector<int> told;
  for (auto key : {"x", "y", "z"})
    it.each_waiting(key, [&](int who) { told.push_back(who); });
  CHECK(told == std::vector{2, 4});
  CHECK(it.take("x", [](int) { return true; }) == std::vector{2});
  CHECK(it.leaderless("x"));
  CHECK_FALSE(it.lead("x", until(5)));
  CHECK_FALSE(it.flies("x"));
}

TEST_CASE("a flight that is led, and none, are not leaderless; the lease is "
          "that of who leads") {
  flights it;
  CHECK_FALSE(it.leaderless("x"));
  it.join("x", 1);
  it.join("x", 2);
  it.lead("x", [](int who) { return at(10 * who); });
  CHECK_FALSE(it.leaderless("x"));
  CHECK(it.expire(at(9)).empty());
  CHECK(it.expire(at(10)) == std::vector<std::string>{"x"});
}
