#include "actors/policies/hearsay.hpp"

#include <map>
#include <set>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

const std::vector<std::string> nodes{"a", "b", "c"};

/// What stands, by plain lists: the reference of the model test.
struct reference {
  std::map<std::string, std::uint32_t> stands;
  std::set<std::pair<std::string, std::uint32_t>> overruled;

  bool heard(const std::string& who, bool open, std::uint32_t episode) {
    if (!open) {
      stands.erase(who);
      std::erase_if(overruled, [&](auto& x) { return x.first == who; });
      return false;
    }
    if (overruled.contains({who, episode}))
      return false;
    auto known = stands.contains(who) && stands[who] == episode;
    std::erase_if(overruled, [&](auto& x) { return x.first == who; });
    stands[who] = episode;
    return !known;
  }

  void gone(const std::string& who) { heard(who, false, 0); }

  void overrule() {
    for (auto& [who, episode] : stands)
      overruled.emplace(who, episode);
    stands.clear();
  }
};

} // namespace

TEST_CASE("N1: what stands is what was said and neither taken back nor "
          "overruled; each episode is a reason to doubt once") {
  holds(
    [] {
      hearsay it;
      reference ideal;
      for (auto word : tape(80)) {
        auto& who = nodes[word / 8 % nodes.size()];
        auto episode = 1 + word / 32 % 3;
        switch (word % 8) {
          case 0:
            it.gone(who);
            ideal.gone(who);
            break;
          case 1:
            it.overrule();
            ideal.overrule();
            break;
          case 2:
            RC_ASSERT_FALSE(it.heard(who, {false, episode, {}}, 0, at(0)));
            ideal.heard(who, false, episode);
            break;
          default:
            RC_ASSERT(it.heard(who, {true, episode, millis{100}}, 0, at(0))
                      == ideal.heard(who, true, episode));
        }
        RC_ASSERT(it.doubts() == !ideal.stands.empty());
        RC_ASSERT((it.until() > at(0)) == it.doubts());
      }
    },
    1'000);
}

TEST_CASE("N2: who heard waits a twentieth to a quarter longer than who spoke, "
          "and as long as the longest of them") {
  holds([] {
    auto left = pick<std::int64_t>(1, 100'000);
    auto share = pick(0, 1'001) / 1'000.0;
    hearsay it;
    it.heard("a", {true, 1, millis{left}}, share, at(50));
    auto longer = (it.until() - at(50)) / (1.0 * duration{millis{left}});
    RC_ASSERT(longer >= 1.05 - 1e-6);
    RC_ASSERT(longer <= 1.25 + 1e-6);
    auto alone = it.until();
    it.heard("b", {true, 1, millis{2 * left}}, 0, at(50));
    RC_ASSERT(it.until() > alone);
    it.gone("b");
    RC_ASSERT(it.until() == alone);
  });
}

TEST_CASE("N2: the ends of that range, and what was said last") {
  hearsay it;
  it.heard("a", {true, 1, millis{1'000}}, 0, at(0));
  CHECK(it.until() == at(1'050));
  it.heard("a", {true, 1, millis{1'000}}, 1, at(0));
  CHECK(it.until() == at(1'250));
  it.heard("a", {true, 1, millis{100}}, 0, at(0));
  CHECK(it.until() == at(105));
}

TEST_CASE("nobody has said anything") {
  hearsay it;
  CHECK_FALSE(it.doubts());
  CHECK(it.until() == time_point::min());
  it.overrule();
  it.gone("a");
  CHECK_FALSE(it.doubts());
}
