#include "actors/limits/quota.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{1h};

charges two_limits() {
  charges out;
  out.add({limit_type::minute, slot_of(limit_type::minute), {10, 1min}, 1});
  out.add({limit_type::tokens, slot_of(limit_type::tokens), {100, 1min}, 7});
  return out;
}

quota_answer granted() {
  standing how;
  how.limited = true;
  how.what = limit_type::tokens;
  how.limit = 100;
  how.remaining = 93;
  how.whole_in = 1min;
  return answer_of(how, 4);
}

} // namespace

TEST_CASE("charges that have crossed are the same") {
  auto back = charges_in(quota_lines(two_limits()));
  REQUIRE(back);
  REQUIRE(back->size() == 2);
  auto& one = back->all()[1];
  CHECK(one.what == limit_type::tokens);
  CHECK(one.slot == slot_of(limit_type::tokens));
  CHECK(one.of.most == 100);
  CHECK(one.of.span == 1min);
  CHECK(one.cost == 7);
}

TEST_CASE("charges that no node makes are none") {
  auto good = quota_lines(two_limits());
  CHECK_FALSE(charges_in({}));
  CHECK_FALSE(charges_in({5, good[0]}));
  auto with = [&](auto change) {
    auto lines = good;
    change(lines[1]);
    return charges_in(lines);
  };
  CHECK(with([](auto&) {}));
  CHECK_FALSE(with([](auto& x) { x.what = 7; }));
  CHECK_FALSE(with([](auto& x) { x.slot = limit_slots; }));
  CHECK_FALSE(with([](auto& x) { x.most = 0; }));
  CHECK_FALSE(with([](auto& x) { x.most = ~std::uint64_t{0}; }));
  CHECK_FALSE(with([](auto& x) { x.cost = ~std::uint64_t{0}; }));
  CHECK_FALSE(with([](auto& x) { x.span = 999'999; }));
  CHECK_FALSE(with([](auto& x) { x.slot = slot_of(limit_type::minute); }));
  CHECK_FALSE(with([](auto& x) { x.span = ~std::uint64_t{0}; }));
}

TEST_CASE("what was let in crosses by its age, for each line") {
  quota_question it;
  std::vector<portion> spent{{3, now - 40s}, {4, now - 1s}};
  add_past(it, 1, spent, now);
  CHECK(it.told == 2);
  auto later = now + 5s;
  auto back = past_in(it, 1, later);
  REQUIRE(back.size() == 2);
  CHECK(back[0].count == 3);
  CHECK(back[0].last == later - 40s);
  CHECK(back[1].last == later - 1s);
  CHECK(past_in(it, 0, later).empty());
}

TEST_CASE("a past that no node has is bounded") {
  quota_question it;
  it.past = {{0, ~std::uint64_t{0}, 1}, {0, 5, ~std::uint64_t{0}}, {0, 1, 7}};
  auto back = past_in(it, 0, now);
  REQUIRE(back.size() == 2);
  CHECK(back[0].last == now - 24h);
  CHECK(back[1].count == 1);
  auto half = std::uint64_t{1} << 55;
  it.past = {{0, half, 1}, {0, half, 1}, {0, half, 1}};
  CHECK(past_in(it, 0, now).size() == 2);
  it.past.assign(10'000, {0, 1, 1});
  CHECK(past_in(it, 0, now).size() <= 512);
}

TEST_CASE("how a client stands crosses, refusals too") {
  auto how = standing_in(granted(), 4);
  REQUIRE(how);
  CHECK_FALSE(how->exceeded);
  CHECK(how->what == limit_type::tokens);
  CHECK(how->limit == 100);
  CHECK(how->remaining == 93);
  CHECK(how->whole_in == 1min);
  CHECK(how->source == limit_source::cluster);
  standing no;
  no.exceeded = true;
  no.retry_after = 3s;
  no.limit = 9;
  auto refused = standing_in(answer_of(no, 0), 4);
  REQUIRE(refused);
  CHECK(refused->exceeded);
  CHECK(refused->retry_after == 3s);
}

TEST_CASE("who keeps nothing, or talks nonsense, has said nothing") {
  CHECK_FALSE(standing_in({}, 4));
  auto with = [](auto change) {
    auto said = granted();
    change(said);
    return standing_in(said, 4);
  };
  CHECK(with([](auto&) {}));
  CHECK_FALSE(with([](auto& x) { x.version = 2; }));
  CHECK_FALSE(with([](auto& x) { x.verdict = 3; }));
  CHECK_FALSE(with([](auto& x) { x.what = 7; }));
  CHECK_FALSE(with([](auto& x) { x.units = 0; }));
  CHECK_FALSE(with([](auto& x) { x.units = 5; }));
  CHECK_FALSE(with([](auto& x) { x.limit = ~std::uint64_t{0}; }));
  CHECK_FALSE(standing_in(noted(), 4));
  CHECK(is_noted(noted()));
  CHECK_FALSE(is_noted(granted()));
  auto much = with([](auto& x) { x.remaining = 1'000; });
  REQUIRE(much);
  CHECK(much->remaining == 100);
  CHECK(with([](auto& x) { x.whole_in = ~std::uint64_t{0}; })->whole_in == 24h);
}

TEST_CASE(
  "what was used is a number for each limit, and none that nobody uses") {
  quota_change it;
  it.used = {3, 40};
  auto used = used_in(it, two_limits());
  REQUIRE(used);
  CHECK((*used)[1] == 40);
  it.used = {3};
  CHECK_FALSE(used_in(it, two_limits()));
  it.used = {3, ~std::uint64_t{0}};
  CHECK_FALSE(used_in(it, two_limits()));
}
