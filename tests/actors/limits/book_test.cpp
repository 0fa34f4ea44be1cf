#include "actors/limits/book.hpp"

#include "tests/support/catch.hpp"

// SPEC section 5: the tiers and the endpoints; settings.cpp and charge.cpp say
// their words.

using namespace caisson;
using namespace std::chrono_literals;

namespace {

using row = std::pair<limit_type, std::uint64_t>;

std::vector<row> shown(const limit_book& book, tier who, endpoint where) {
  std::vector<row> result;
  for (auto& x : book.request(who, where).all())
    result.emplace_back(x.what, x.of.most);
  return result;
}

} // namespace

TEST_CASE("the tiers are those of the contract") {
  limit_book book{{}};
  using enum limit_type;
  CHECK(shown(book, tier::anonymous, endpoint::llm)
        == std::vector<row>{
          {minute, 10}, {hour, 100}, {day, 1'000}, {limit_type::endpoint, 5}});
  CHECK(
    shown(book, tier::free, endpoint::llm)
    == std::vector<row>{
      {minute, 60}, {hour, 1'000}, {day, 10'000}, {limit_type::endpoint, 30}});
  CHECK(shown(book, tier::standard, endpoint::llm)
        == std::vector<row>{{minute, 300},
                            {hour, 5'000},
                            {day, 50'000},
                            {limit_type::endpoint, 150}});
  CHECK(shown(book, tier::premium, endpoint::read)
        == std::vector<row>{{minute, 1'000},
                            {hour, 20'000},
                            {day, 200'000},
                            {limit_type::endpoint, 3'333}});
  CHECK(shown(book, tier::enterprise, endpoint::llm).empty());
}

TEST_CASE("each limit has its span, and a window of its own") {
  limit_book book{{}};
  auto all = book.request(tier::free, endpoint::llm).all();
  CHECK(all[0].of.span == 1min);
  CHECK(all[1].of.span == 1h);
  CHECK(all[2].of.span == 24h);
  CHECK(all[3].of.span == 1min);
  CHECK(all[3].slot != book.request(tier::free, endpoint::read).all()[3].slot);
  CHECK(all[0].slot == book.request(tier::free, endpoint::read).all()[0].slot);
}

TEST_CASE(
  "an endpoint's limit is the free tier's, scaled, at least 1, and none "
  "where there is none") {
  limit_settings from;
  CHECK(endpoint_limit(from, tier::free, endpoint::llm) == 30);
  from.endpoints.llm = 1;
  CHECK(endpoint_limit(from, tier::anonymous, endpoint::llm) == 1);
  from.endpoints.llm = 0;
  CHECK(endpoint_limit(from, tier::anonymous, endpoint::llm) == 0);
  from.endpoints.llm = 7;
  from.tiers.free.minute = 0;
  CHECK(endpoint_limit(from, tier::anonymous, endpoint::llm) == 7);
  from.tiers.anonymous.minute = 0;
  CHECK(endpoint_limit(from, tier::anonymous, endpoint::llm) == 0);
}

TEST_CASE("a tool's limit is what is said of it most exactly") {
  limit_settings from;
  from.tools = {{"*", 100}, {"github_*", 30}, {"github_create", 3}};
  CHECK(tool_limit(from, tier::free, "search") == 100);
  CHECK(tool_limit(from, tier::free, "github_read") == 30);
  CHECK(tool_limit(from, tier::free, "github_create") == 3);
  from.tools = {{"github_create*", 1}, {"github_create", 2}, {"github*", 3}};
  CHECK(tool_limit(from, tier::free, "github_create") == 2);
  CHECK(tool_limit(from, tier::free, "github_create_all") == 1);
  CHECK(tool_limit(from, tier::free, "search") == 0);
}

TEST_CASE("a tool's limit is the free tier's, scaled, but for tiers that have "
          "one of their own") {
  limit_settings from;
  from.tools = {{"read", 30}};
  CHECK(tool_limit(from, tier::free, "read") == 30);
  CHECK(tool_limit(from, tier::standard, "read") == 150);
  CHECK(tool_limit(from, tier::anonymous, "read") == 5);
  CHECK(tool_limit(from, tier::enterprise, "read") == 0);
  from.tools.front().standard = 7;
  from.tools.front().anonymous = 0;
  from.tools.front().enterprise = 600;
  CHECK(tool_limit(from, tier::standard, "read") == 7);
  CHECK(tool_limit(from, tier::anonymous, "read") == 0);
  CHECK(tool_limit(from, tier::enterprise, "read") == 600);
}

TEST_CASE("a call is charged where its tool has a limit, in any minute") {
  limit_settings from;
  from.tools = {{"read", 30}};
  limit_book book{from};
  auto what = book.call(tier::free, "read");
  auto all = what.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].what == limit_type::tool);
  CHECK(all[0].of.most == 30);
  CHECK(all[0].of.span == 1min);
  CHECK(all[0].cost == 1);
  CHECK(book.call(tier::free, "write").empty());
}

TEST_CASE("a node's share is the configured part, never nothing") {
  CHECK(share_of({100, 1min}, 3).most == 33);
  CHECK(share_of({100, 1min}, 0).most == 100);
  CHECK(share_of({2, 1min}, 5).most == 1);
  CHECK(share_of({2, 1min}, 5).span == 1min);
}

TEST_CASE("names are told apart and found again") {
  for (auto mode :
       {limit_mode::enforce, limit_mode::log_only, limit_mode::disabled})
    CHECK(limit_mode_of(name_of(mode)) == mode);
  CHECK_FALSE(limit_mode_of("off"));
  CHECK(name_of(tier::premium) == "premium");
  CHECK(name_of_slot(slot_of(limit_type::minute)) == "minute");
  CHECK(name_of_slot(slot_of(limit_type::budget)) == "budget");
  CHECK(name_of(limit_type::tool) == "tool");
  CHECK(name_of_slot(slot_of(limit_type::endpoint, endpoint::read)) == "read");
}
