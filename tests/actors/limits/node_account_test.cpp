#include "actors/limits/node_account.hpp"

#include "actors/limits/accounts.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{1h};
constexpr std::uint32_t nodes = 3;

charges requests(std::uint64_t minute, std::uint64_t hour,
                 std::uint64_t cost = 1) {
  charges out;
  out.add(
    {limit_type::minute, slot_of(limit_type::minute), {minute, 1min}, cost});
  out.add({limit_type::hour, slot_of(limit_type::hour), {hour, 1h}, cost});
  return out;
}

struct keeper {
  account it;

  keeper() { it.among = std::make_unique<node_account>(); }

  allowance through(std::size_t node, const charges& what,
                    std::uint32_t units = 1) {
    auto& windows = node == 0 ? it.windows : windows_of(*it.among, node);
    return decide_for_all(it, windows, what, units, now, nodes);
  }
};

} // namespace

TEST_CASE("what came in through any node counts, and all limits are charged or "
          "none") {
  keeper k;
  auto what = requests(4, 3);
  CHECK(k.through(0, what).how.remaining == 2);
  CHECK(k.through(1, what).how.remaining == 1);
  CHECK(k.through(2, what).how.remaining == 0);
  auto refused = k.through(1, what);
  CHECK(refused.units == 0);
  CHECK(refused.how.exceeded);
  CHECK(refused.how.what == limit_type::hour);
  CHECK(refused.how.retry_after == 1h);
  // The minute was not charged for what the hour has refused.
  CHECK(k.through(2, requests(4, 100)).how.remaining == 0);
  CHECK(k.it.among->others.size() == 2);
}

TEST_CASE(
  "beforehand is given what fits, and no more than a part of any limit") {
  keeper k;
  CHECK(k.through(1, requests(1'200, 1'000'000), 1'000).units == 10);
  CHECK(k.through(1, requests(1'000'000, 240), 1'000).units == 2);
  CHECK(k.through(1, requests(100, 1'000), 1'000).units == 1);
  keeper nearly;
  nearly.through(2, requests(1'200, 2'000, 1'195));
  auto rest = nearly.through(1, requests(1'200, 2'000), 1'000);
  CHECK(rest.units == 5);
  CHECK(rest.how.remaining == 0);
}

TEST_CASE("what costs nothing takes nothing, and is told how it stands") {
  keeper k;
  k.through(1, requests(4, 30));
  auto looked = k.through(2, requests(4, 30, 0));
  CHECK_FALSE(looked.how.exceeded);
  CHECK(looked.how.remaining == 3);
  CHECK(k.through(2, requests(4, 30)).how.remaining == 2);
}

TEST_CASE("what can never fit is refused for all nodes") {
  keeper k;
  auto told = k.through(1, requests(10, 10, 11));
  CHECK(told.how.exceeded);
  CHECK(told.how.retry_after == 1h);
}

TEST_CASE("another keeper, or another life of it, has been told nothing") {
  node_account it;
  turn_to(it, {1, 7});
  it.told.set();
  auto before = it.forgettings;
  turn_to(it, {1, 7});
  CHECK(it.told.all());
  CHECK(it.forgettings == before);
  turn_to(it, {1, 8});
  CHECK(it.told.none());
  CHECK(it.forgettings > before);
  CHECK(it.told_to == cluster_keeper{1, 8});
}
