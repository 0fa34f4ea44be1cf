#include "actors/limits/leases.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

charges requests(std::uint64_t cost = 1, endpoint where = endpoint::llm) {
  charges out;
  out.add({limit_type::minute, slot_of(limit_type::minute), {900, 1min}, cost});
  out.add({limit_type::endpoint,
           slot_of(limit_type::endpoint, where),
           {600, 1min},
           cost});
  return out;
}

standing left(std::uint64_t remaining) {
  standing out;
  out.limited = true;
  out.limit = 600;
  out.remaining = remaining;
  out.whole_in = 1min;
  return out;
}

standing refused(duration wait) {
  auto out = left(0);
  out.exceeded = true;
  out.retry_after = wait;
  return out;
}

} // namespace

TEST_CASE("what was granted is taken one by one, and told with what is left") {
  lease_book it;
  CHECK_FALSE(it.take(requests(), start));
  CHECK(it.keep(requests(), left(100), 3, start) == 0);
  auto one = it.take(requests(), start + 1ms);
  REQUIRE(one);
  CHECK(one->remaining == 101);
  CHECK(one->whole_in == 1min - 1ms);
  CHECK(it.take(requests(), start + 2ms)->remaining == 100);
  CHECK_FALSE(it.take(requests(), start + 3ms));
}

TEST_CASE("a look takes nothing") {
  lease_book it;
  it.keep(requests(), left(100), 2, start);
  CHECK(it.take(requests(0), start)->remaining == 101);
  CHECK(it.take(requests(0), start)->remaining == 101);
  CHECK(it.take(requests(), start));
  CHECK_FALSE(it.take(requests(0), start));
}

TEST_CASE("what costs more than one, and other limits, are asked for") {
  lease_book it;
  it.keep(requests(), left(100), 9, start);
  CHECK_FALSE(it.take(requests(2), start));
  CHECK_FALSE(it.take(requests(1, endpoint::read), start));
  CHECK(it.keep(requests(2), left(100), 9, start) == 0);
  CHECK(it.wanted(requests(2), start) == 1);
}

TEST_CASE("a lease ends after its life, and what is left of it comes back "
          "once") {
  lease_book it;
  it.keep(requests(), left(100), 5, start);
  it.take(requests(), start);
  CHECK(it.expired(start + 999ms).empty());
  CHECK(it.take(requests(), start + 999ms));
  CHECK_FALSE(it.take(requests(), start + 1s));
  auto rest = it.expired(start + 1s);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].units == 2);
  CHECK(rest[0].since == start);
  CHECK(rest[0].what.size() == 2);
  CHECK(it.expired(start + 2s).empty());
}

TEST_CASE("who uses them up wants twice as many, one question at a time") {
  lease_book it;
  CHECK(it.wanted(requests(), start) == 1);
  it.keep(requests(), left(100), 1, start);
  CHECK(it.wanted(requests(), start) == 2);
  CHECK(it.wanted(requests(), start) == 1);
  it.keep(requests(), left(100), 2, start);
  CHECK(it.wanted(requests(), start) == 1);
  it.take(requests(), start);
  CHECK(it.wanted(requests(), start + 999ms) == 4);
  it.keep(requests(), left(100), 4, start);
  while (it.take(requests(), start)) {}
  CHECK(it.wanted(requests(), start + 1s) == 1);
  it.keep(requests(), left(9'000), 900, start + 1s);
  while (it.take(requests(), start + 1s)) {}
  CHECK(it.wanted(requests(), start + 1s) == lease_book::most_units);
}

TEST_CASE("of two grants at a time one is kept") {
  lease_book it;
  CHECK(it.keep(requests(), left(100), 4, start) == 0);
  CHECK(it.keep(requests(), left(97), 3, start) == 2);
  CHECK(it.take(requests(), start)->remaining == 102);
  CHECK(it.keep(requests(), left(50), 1, start + 1s) == 0);
  CHECK_FALSE(it.take(requests(), start + 1s));
}

TEST_CASE("a refusal is believed for a moment, and no longer than was told") {
  lease_book it;
  it.keep(requests(), refused(10s), 0, start);
  auto told = it.take(requests(), start + 100ms);
  REQUIRE(told);
  CHECK(told->exceeded);
  CHECK(told->retry_after == 10s - 100ms);
  CHECK_FALSE(it.take(requests(), start + 250ms));
  it.keep(requests(), refused(40ms), 0, start);
  CHECK(it.take(requests(), start + 39ms));
  CHECK_FALSE(it.take(requests(), start + 40ms));
  CHECK(it.expired(start + 9s).empty());
}

TEST_CASE("what is void holds nothing") {
  lease_book it;
  it.keep(requests(), left(100), 5, start);
  it.clear();
  CHECK_FALSE(it.take(requests(), start));
  CHECK(it.expired(start + 9s).empty());
}
