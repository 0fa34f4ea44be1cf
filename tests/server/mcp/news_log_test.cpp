#include "server/mcp/news_log.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("news are numbered, and found by who has heard of the ones before") {
  news_log log;
  CHECK(log.last() == 0);
  log.add("notifications/tools/list_changed", {});
  log.add("notifications/resources/updated", "a://b");
  auto all = log.after(0);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(all->front().number == 1);
  CHECK(all->back().number == 2);
  CHECK(all->back().uri == "a://b");
  CHECK(log.after(log.last())->empty());
}

TEST_CASE("who has missed more news than are kept is not told half of them") {
  news_log log;
  for (int i = 0; i < 2000; ++i)
    log.add("notifications/tools/list_changed", {});
  CHECK_FALSE(log.after(1));
  CHECK(log.after(1999));
}

TEST_CASE("ids of news of another time are known as such") {
  news_log now;
  news_log before;
  now.add("notifications/tools/list_changed", {});
  before.add("notifications/tools/list_changed", {});
  CHECK(now.number_of(now.id_of(1)) == 1);
  CHECK_FALSE(now.number_of(before.id_of(1)));
  CHECK(news_log::names(before.id_of(1)));
  CHECK_FALSE(news_log::names({7, 1}));
}
