#include "actors/cluster/keepers.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

constexpr time_point now{};

struct seen {
  std::shared_ptr<const roster_view> view = std::make_shared<roster_view>();

  void with(std::map<std::string, member> others) {
    view = std::make_shared<const roster_view>(
      roster_view{"a", 7, {}, std::move(others)});
  }

  cluster_keepers from(std::vector<std::string> nodes) {
    return cluster_keepers{{"a", std::move(nodes), [this] { return view; },
                            [] { return cluster_actor{}; }}};
  }
};

member being(member_state what, std::uint64_t life = 1) {
  member out;
  out.state = what;
  out.incarnation = life;
  return out;
}

/// Which nodes keep anything.
std::string keepers(cluster_keepers& all) {
  std::string out;
  for (auto name : {"a", "b", "c"})
    for (std::uint64_t i = 0; i < 64; ++i)
      if (auto it = all.keeper_of(i, now);
          it && all.name_of(it->node) == name) {
        out += name;
        break;
      }
  return out;
}

using enum member_state;

} // namespace

TEST_CASE("who is alone of several keeps nothing, who is alone for himself "
          "keeps all") {
  seen it;
  it.with({});
  auto three = it.from({"a", "b", "c"});
  CHECK(keepers(three).empty());
  auto one = it.from({"a"});
  CHECK(keepers(one) == "a");
  CHECK(one.keeper_of(1, now)->life == 7);
  auto unnamed = it.from({});
  CHECK(keepers(unnamed) == "a");
}

TEST_CASE("those that see most of all keep, whoever is not gone") {
  seen it;
  auto three = it.from({"a", "b", "c"});
  it.with({{"b", being(alive)}, {"c", being(alive)}});
  CHECK(keepers(three) == "abc");
  it.with({{"b", being(alive)}, {"c", being(suspect)}});
  CHECK(keepers(three) == "abc");
  it.with({{"b", being(alive)}, {"c", being(gone)}});
  CHECK(keepers(three) == "ab");
  it.with({{"b", being(left)}, {"c", being(alive)}});
  CHECK(keepers(three) == "ac");
  it.with({{"b", being(suspect)}, {"c", being(suspect)}});
  CHECK(keepers(three).empty());
}

TEST_CASE("where nothing is lost when keepers move, who is not linked keeps "
          "nothing") {
  seen it;
  cluster_keepers three{{"a",
                         {"a", "b", "c"},
                         [&] { return it.view; },
                         [] { return cluster_actor{}; }},
                        cluster_keepers::among::linked};
  it.with({{"b", being(alive)}, {"c", being(suspect)}});
  CHECK(keepers(three) == "ab");
  it.with({{"b", being(suspect)}, {"c", being(suspect)}});
  CHECK(keepers(three).empty());
}

TEST_CASE("half of them is not most of them") {
  seen it;
  auto two = it.from({"a", "b"});
  it.with({{"b", being(suspect)}});
  CHECK(keepers(two).empty());
  it.with({{"b", being(alive)}});
  CHECK(keepers(two) == "ab");
}

TEST_CASE("who may not belong keeps nothing and counts for nothing") {
  seen it;
  auto three = it.from({"a", "b", "c"});
  it.with({{"x", being(alive)}, {"y", being(alive)}});
  CHECK(keepers(three).empty());
}

TEST_CASE("another life is another keeper") {
  seen it;
  auto three = it.from({"a", "b", "c"});
  it.with({{"b", being(alive, 1)}, {"c", being(alive)}});
  std::uint64_t who = 0;
  while (three.name_of(three.keeper_of(who, now)->node) != "b")
    ++who;
  auto before = three.keeper_of(who, now);
  it.with({{"b", being(alive, 2)}, {"c", being(alive)}});
  CHECK(three.keeper_of(who, now)->node == before->node);
  CHECK(three.keeper_of(who, now) != before);
}
