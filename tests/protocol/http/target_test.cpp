#include "protocol/http/target.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::http;

TEST_CASE("a host is a name or an address, with or without a port") {
  for (auto host : {"a", "a.b-c", "my_service", "127.0.0.1", "a:0", "a:65535",
                    "[::1]", "[::ffff:1.2.3.4]:80", "A.Test"})
    CHECK(valid_host(host));
  for (auto host :
       {"",        " ",      "a b",  "a:",     ":80",      "a:65536", "a:x",
        "a:8 0",   "a:+80",  "a:-1", "me@a",   "a/b",      "a,b",     "a%20",
        "[::1",    "[]",     "[x]",  "[::1]x", "[::1]x80", "[::1]:",  "::1",
        "a:80:80", "gr\xfc", "a?b",  "a#b"})
    CHECK_FALSE(valid_host(host));
}

TEST_CASE("the origin form has no host") {
  auto parts = split_target("/a/b?c=d?e");
  REQUIRE(parts);
  CHECK_FALSE(parts->host);
  CHECK(parts->path == "/a/b");
  CHECK(parts->query == "c=d?e");
  CHECK(split_target("/")->path == "/");
  CHECK(split_target("/?")->query.empty());
}

TEST_CASE("the absolute form has a host and always a path") {
  auto parts = split_target("HTTP://a:80/b?c");
  REQUIRE(parts);
  CHECK(parts->host == "a:80");
  CHECK(parts->path == "/b");
  CHECK(parts->query == "c");
  CHECK(split_target("https://a")->path == "/");
  parts = split_target("http://a?b=/c");
  REQUIRE(parts);
  CHECK(parts->host == "a");
  CHECK(parts->path == "/");
  CHECK(parts->query == "b=/c");
  CHECK(split_target("http:///b")->host == "");
}

TEST_CASE("other forms are none") {
  CHECK(split_target("*")->path == "*");
  for (auto target : {"", "a", "a:80", "ftp://a/", "http:/a", "://a", "**"})
    CHECK_FALSE(split_target(target));
}
