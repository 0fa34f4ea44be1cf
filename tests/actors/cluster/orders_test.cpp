#include "actors/cluster/orders.hpp"

#include <algorithm>
#include <map>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

/// As it is told by `told`, of which nothing is known yet.
cluster_order from(const std::string& told, std::uint64_t stamp,
                   std::string word, std::uint64_t until = 0) {
  cluster_order x;
  x.name = x.giver = told;
  x.kind = static_cast<std::uint8_t>(order_kind::limits);
  x.word = std::move(word);
  x.stamp = stamp;
  x.until = until;
  return x;
}

} // namespace

TEST_CASE("two nodes that are told different things at once agree") {
  cluster_orders a{"a", [] { return std::uint64_t{50}; }};
  cluster_orders b{"b", [] { return std::uint64_t{50}; }};
  a.give({order_kind::limits, {}, "log_only"});
  b.give({order_kind::limits, {}, "disabled"});
  CHECK(a.take(b.standing().front()));
  CHECK_FALSE(b.take(from("a", 50, "log_only")));
  REQUIRE(a.standing().size() == 1);
  CHECK(a.standing().front().word == "disabled");
  CHECK(b.standing().front().word == "disabled");
}

TEST_CASE("what is told last holds, though the clock of this node is behind") {
  cluster_orders it{"a", [] { return std::uint64_t{10}; }};
  CHECK(it.take(from("b", 1'000, "disabled")));
  it.give({order_kind::limits, {}, "enforce"});
  CHECK(it.standing().front().word == "enforce");
  CHECK(it.standing().front().stamp > 1'000);
  CHECK_FALSE(it.take(from("b", 1'000, "disabled")));
}

TEST_CASE("what is void stands no more, and what does not fit makes room") {
  std::uint64_t now = 10;
  cluster_orders it{"a", [&] { return now; }};
  for (std::size_t i = 0; i <= cluster_orders::most; ++i)
    it.give({order_kind::session_end, std::to_string(i), {}, 100});
  auto all = it.standing();
  CHECK(all.size() == cluster_orders::most);
  CHECK(std::none_of(all.begin(), all.end(),
                     [](auto& x) { return x.subject == "0"; }));
  now = 100;
  CHECK(it.standing().empty());
  it.give({order_kind::limits, {}, "enforce"});
  CHECK(it.standing().size() == 1);
}

TEST_CASE("what clients say pushes out nothing that people were told") {
  cluster_orders it{"a", [] { return std::uint64_t{10}; }};
  it.give({order_kind::breaker, "x", "forced_open"});
  it.give({order_kind::session_end, "ended", {}, 100});
  for (std::size_t i = 0; i < cluster_orders::most + 7; ++i)
    it.give({order_kind::subscription, std::to_string(i), "on", 100});
  auto all = it.standing();
  auto count = [&](order_kind of) {
    return std::count_if(all.begin(), all.end(), [of](auto& x) {
      return x.kind == static_cast<std::uint8_t>(of);
    });
  };
  CHECK(count(order_kind::breaker) == 1);
  CHECK(count(order_kind::session_end) == 1);
  CHECK(count(order_kind::subscription) == cluster_orders::most);
  CHECK(std::none_of(all.begin(), all.end(),
                     [](auto& x) { return x.subject == "6"; }));
}

TEST_CASE("of a kind that is full what is void goes, and all else stays") {
  std::uint64_t now = 10;
  cluster_orders it{"a", [&] { return now; }};
  for (std::size_t i = 0; i < cluster_orders::most; ++i)
    it.give({order_kind::subscription, std::to_string(i), "on",
             i % 2 == 0 ? 50u : 100u});
  now = 50;
  it.give({order_kind::subscription, "x", "on", 100});
  it.give({order_kind::subscription, "y", "on", 100});
  CHECK(it.standing().size() == cluster_orders::most / 2 + 2);
}

TEST_CASE(
  "of what is to be forgotten nothing stands, and each has its number") {
  cluster_orders it{"a", [] { return std::uint64_t{10}; }};
  it.give({order_kind::forget, "llm:"});
  it.give({order_kind::forget, "llm:"});
  CHECK(it.given() == 2);
  CHECK(it.standing().empty());
  CHECK(it.heard_all("b", 1, 0));
  CHECK_FALSE(it.heard_all("b", 1, 2));
  CHECK(it.heard_all("b", 1, 2));
  CHECK(it.heard_all("b", 2, 0));
  CHECK_FALSE(it.heard_all("b", 3, 1));
}

TEST_CASE("what a node was told in an earlier life stands again, but not "
          "against what was said since") {
  std::uint64_t now = 100;
  cluster_orders it{"a", [&] { return now; }};
  it.give({order_kind::key, "y", "active"});
  it.restore({order_kind::key, "x", "revoked"}, 50);
  it.restore({order_kind::key, "y", "revoked"}, 50);
  std::map<std::string, std::string> words;
  for (auto& one : it.standing())
    words[one.subject] = one.word;
  CHECK(
    words
    == std::map<std::string, std::string>{{"x", "revoked"}, {"y", "active"}});
}
