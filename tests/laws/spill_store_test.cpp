#include "actors/policies/spill_store.hpp"

#include <map>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

using store = spill_store<int>;

const auto start = at(1'000);

/// So many entries, bytes and milliseconds.
store::bounds most(std::size_t entries, std::size_t bytes,
                   std::int64_t ttl = 1'000) {
  return {entries, bytes, millis{ttl}};
}

std::string owner_of(std::uint32_t word) {
  return std::string(1, static_cast<char>('a' + word % 4));
}

} // namespace

TEST_CASE("what is kept is found by its owner, until its time is over") {
  store it{most(3, 100)};
  REQUIRE(it.put("a", "one", 1, 10, start));
  CHECK(it.get("a", "one", start) == 1);
  CHECK(it.get("a", "one", start + millis{999}) == 1);
  CHECK_FALSE(it.get("a", "one", start + millis{1'000}));
  CHECK_FALSE(it.get("a", "two", start));
}

TEST_CASE("nobody finds what is another's") {
  store it{most(3, 100)};
  REQUIRE(it.put("a", "one", 1, 10, start));
  CHECK_FALSE(it.get("b", "one", start));
  CHECK_FALSE(it.get("", "one", start));
}

TEST_CASE("what is past its time takes up no room") {
  store it{most(3, 100)};
  REQUIRE(it.put("a", "one", 1, 10, start));
  REQUIRE(it.put("a", "two", 2, 20, start + millis{500}));
  it.expire(start + millis{1'000});
  CHECK(it.entries() == 1);
  CHECK(it.bytes() == 20);
  it.expire(start + millis{1'500});
  CHECK(it.entries() == 0);
  CHECK(it.bytes() == 0);
}

TEST_CASE("what alone is too large is not taken, and takes nothing away") {
  store it{most(3, 100)};
  REQUIRE(it.put("a", "one", 1, 10, start));
  CHECK_FALSE(it.put("a", "two", 2, 101, start));
  CHECK(it.get("a", "one", start) == 1);
  CHECK_FALSE(store{most(0, 100)}.put("a", "one", 1, 1, start));
}

TEST_CASE("who keeps much makes room, his oldest first") {
  store it{most(9, 100)};
  REQUIRE(it.put("small", "s", 0, 20, start));
  REQUIRE(it.put("large", "1", 1, 30, start));
  REQUIRE(it.put("large", "2", 2, 30, start));
  REQUIRE(it.put("large", "3", 3, 40, start));
  CHECK(it.get("small", "s", start) == 0);
  CHECK_FALSE(it.get("large", "1", start));
  CHECK(it.get("large", "2", start) == 2);
  REQUIRE(it.put("third", "t", 4, 30, start));
  CHECK(it.get("small", "s", start) == 0);
  CHECK_FALSE(it.get("large", "2", start));
  CHECK(it.get("large", "3", start) == 3);
}

TEST_CASE("many small values take no place from one large") {
  store it{most(3, 100)};
  REQUIRE(it.put("one", "x", 0, 90, start));
  for (int i = 1; i < 9; ++i)
    REQUIRE(it.put("many", std::to_string(i), i, 1, start));
  CHECK(it.get("one", "x", start) == 0);
  CHECK(it.get("many", "8", start) == 8);
  CHECK(it.get("many", "7", start) == 7);
  CHECK(it.entries() == 3);
}

TEST_CASE("the first value of somebody is taken, whoever has to make room") {
  store it{most(9, 100)};
  REQUIRE(it.put("a", "one", 1, 30, start));
  REQUIRE(it.put("b", "two", 2, 40, start));
  REQUIRE(it.put("c", "three", 3, 60, start));
  CHECK(it.get("a", "one", start) == 1);
  CHECK_FALSE(it.get("b", "two", start));
  CHECK(it.get("c", "three", start) == 3);
}

TEST_CASE("it is never beyond its bounds, and knows what it holds") {
  holds([] {
    auto entries = pick<std::size_t>(1, 8);
    auto bytes = pick<std::size_t>(1, 60);
    store it{most(entries, bytes, 50)};
    struct kept {
      std::string owner;
      std::size_t weight;
      time_point until;
    };
    std::map<std::string, kept> put;
    auto now = start;
    int name = 0;
    for (auto word : tape()) {
      now += millis{(word >> 8) % 20};
      auto weight = word % 32;
      auto owner = owner_of(word >> 5);
      auto called = std::to_string(++name);
      if (it.put(owner, called, name, weight, now))
        put[called] = {owner, weight, now + millis{50}};
      else
        RC_ASSERT(weight > bytes);
      RC_ASSERT(it.entries() <= entries);
      RC_ASSERT(it.bytes() <= bytes);
      std::size_t found = 0;
      std::size_t weighs = 0;
      for (auto& [one, what] : put) {
        for (auto who : {"a", "b", "c", "d"})
          if (auto value = it.get(who, one, now)) {
            RC_ASSERT(who == what.owner);
            RC_ASSERT(*value == std::stoi(one));
            RC_ASSERT(now < what.until);
            ++found;
            weighs += what.weight;
          }
      }
      RC_ASSERT(found == it.entries());
      RC_ASSERT(weighs == it.bytes());
    }
  });
}

TEST_CASE("nobody loses anything while another has more of it") {
  holds([] {
    store it{most(100, 60, 1'000'000)};
    std::map<std::string, std::map<std::string, std::size_t>> has;
    auto sum = [](auto& all) {
      std::size_t bytes = 0;
      for (auto& [name, weight] : all)
        bytes += weight;
      return bytes;
    };
    int name = 0;
    for (auto word : tape()) {
      auto weight = 1 + word % 20;
      auto owner = owner_of(word >> 5);
      auto called = std::to_string(++name);
      auto before = has;
      RC_ASSERT(it.put(owner, called, name, weight, start));
      has[owner][called] = weight;
      for (auto& [who, all] : has)
        std::erase_if(all,
                      [&](auto& x) { return !it.get(who, x.first, start); });
      for (auto& [who, all] : before) {
        if (who == owner || all.size() == has[who].size())
          continue;
        // Before its last loss it had at least as much as anybody has now.
        std::size_t lost = 0;
        for (auto& [one, much] : all)
          if (!has[who].contains(one))
            lost = std::max(lost, much);
        for (auto& [other, theirs] : has)
          RC_ASSERT(other == who || (other == owner && theirs.size() == 1)
                    || sum(has[who]) + lost >= sum(theirs));
      }
    }
  });
}

TEST_CASE("of places, too, whoever has most makes room, the new value counted "
          "as one") {
  store it{most(4, 100)};
  for (auto name : {"1", "2", "3"})
    REQUIRE(it.put("b", name, 0, 1, start));
  REQUIRE(it.put("a", "x", 0, 1, start));
  REQUIRE(it.put("a", "y", 0, 1, start));
  CHECK_FALSE(it.get("b", "1", start));
  CHECK(it.get("a", "x", start));
  store other{most(2, 100)};
  REQUIRE(other.put("a", "x", 0, 1, start));
  REQUIRE(other.put("b", "1", 0, 1, start));
  REQUIRE(other.put("b", "2", 0, 1, start));
  CHECK(other.get("a", "x", start));
  CHECK_FALSE(other.get("b", "1", start));
}

TEST_CASE("bounds hold for what is put after they were set, and what is not "
          "said is none to be within") {
  store it{most(3, 100)};
  it.set_bounds(most(3, 5));
  CHECK_FALSE(it.put("a", "one", 1, 6, start));
  CHECK_FALSE(store{{.bytes = 100}}.put("a", "one", 1, 1, start));
  CHECK_FALSE(store{{.entries = 3}}.put("a", "one", 1, 1, start));
}
