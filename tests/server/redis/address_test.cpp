#include "server/redis/address.hpp"

#include "tests/support/catch.hpp"

using caisson::redis::address;

TEST_CASE("an address says what sort of Redis there is", "[redis]") {
  auto one = address::parse("redis://127.0.0.1").value();
  CHECK(one.how == address::form::single);
  CHECK_FALSE(one.tls);
  REQUIRE(one.hosts.size() == 1);
  CHECK(one.hosts[0].host == "127.0.0.1");
  CHECK(one.hosts[0].port == 6379);
  CHECK(one.database == 0);

  auto db = address::parse("rediss://Cache.example:7000/3").value();
  CHECK(db.tls);
  CHECK(db.hosts[0].host == "cache.example");
  CHECK(db.hosts[0].port == 7000);
  CHECK(db.database == 3);

  auto six = address::parse("redis://[::1]/1").value();
  CHECK(six.hosts[0].host == "::1");
  CHECK(six.hosts[0].port == 6379);

  auto watched
    = address::parse("redis+sentinel://a:1,b,[::1]/my-master/2").value();
  CHECK(watched.how == address::form::sentinel);
  REQUIRE(watched.hosts.size() == 3);
  CHECK(watched.hosts[0].port == 1);
  CHECK(watched.hosts[1].port == 26379);
  CHECK(watched.master == "my-master");
  CHECK(watched.database == 2);
  CHECK(address::parse("rediss+sentinel://a/m").value().tls);

  auto shared = address::parse("redis+cluster://a:7000,b:7001").value();
  CHECK(shared.how == address::form::cluster);
  CHECK(shared.hosts.size() == 2);
  CHECK(shared.master.empty());
}

TEST_CASE("what an address must not be is said in a few words", "[redis]") {
  auto why = [](std::string_view url) {
    auto read = address::parse(url);
    return read ? "" : read.error().detail;
  };
  for (auto url : {"http://a", "redis:/a", "redis+tls://a", "redisss://a", ""})
    CHECK(why(url) == "is no address of Redis");
  // A password has no place in it, whoever's it is.
  for (auto url : {"redis://", "redis://:secret@a", "redis://user:secret@a",
                   "redis://a,b", "redis://a:0", "redis://a:65536",
                   "redis+cluster://a,", "redis+cluster://a,:secret@b",
                   "redis://a?password=secret", "redis+sentinel:///m"})
    CHECK(why(url) == "names no host that can be called");
  for (auto url : {"redis://a/x", "redis://a/-1", "redis://a/1/2", "redis://a/",
                   "redis://a/1000000", "redis+sentinel://a/m/x"})
    CHECK(why(url) == "has no number of a database at its end");
  for (auto url : {"redis+sentinel://a", "redis+sentinel://a/",
                   "redis+sentinel://a/m m", "redis+sentinel://a//0"})
    CHECK(why(url) == "names no master after the sentinels");
  CHECK(why("redis+cluster://a/1")
        == "has a database, and a cluster has only one");
}
