#include "server/http/client_address.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

using lines = std::vector<std::string>;

std::string seen(const std::string& peer, const lines& forwarded,
                 const lines& trusted) {
  http::field_list fields;
  fields.push_back({"Host", "x"});
  for (auto& x : forwarded)
    fields.push_back({"X-Forwarded-For", x});
  fields.push_back({"Accept", "*/*"});
  return client_address(boost::asio::ip::make_address(peer), fields,
                        trusted_proxies{trusted})
    .to_string();
}

} // namespace

TEST_CASE("nobody is believed who is no trusted proxy") {
  CHECK(seen("10.0.0.1", {"1.1.1.1"}, {}) == "10.0.0.1");
  CHECK(seen("10.0.0.1", {"1.1.1.1"}, {"10.0.0.2", "11.0.0.0/8"})
        == "10.0.0.1");
  CHECK(seen("::1", {"1.1.1.1"}, {"127.0.0.1"}) == "::1");
}

TEST_CASE("of what proxies say, the right-most hop that is not one of them is "
          "the client") {
  const lines trusted{"10.0.0.0/8", "fd00::/8"};
  CHECK(seen("10.0.0.1", {"1.1.1.1"}, trusted) == "1.1.1.1");
  // What stands left of it, the client has written itself.
  CHECK(seen("10.0.0.1", {"9.9.9.9, 1.1.1.1"}, trusted) == "1.1.1.1");
  CHECK(seen("10.0.0.1", {"9.9.9.9, 1.1.1.1, 10.7.7.7"}, trusted) == "1.1.1.1");
  CHECK(seen("10.0.0.1", {"9.9.9.9", "1.1.1.1 ,10.7.7.7", "fd00::5"}, trusted)
        == "1.1.1.1");
  CHECK(seen("fd12::1", {"2001:db8::1"}, trusted) == "2001:db8::1");
  // All of them are proxies: the first is the nearest to a client.
  CHECK(seen("10.0.0.1", {"10.0.0.3,10.0.0.2"}, trusted) == "10.0.0.3");
}

TEST_CASE("hops are read as proxies write them") {
  const lines trusted{"10.0.0.1"};
  CHECK(seen("10.0.0.1", {"1.1.1.1:4711"}, trusted) == "1.1.1.1");
  CHECK(seen("10.0.0.1", {"[2001:db8::1]:80"}, trusted) == "2001:db8::1");
  CHECK(seen("10.0.0.1", {"::ffff:1.1.1.1"}, trusted) == "1.1.1.1");
  CHECK(seen("::ffff:10.0.0.1", {"1.1.1.1"}, trusted) == "1.1.1.1");
}

TEST_CASE("a hop that is no address ends the walk at who named it") {
  const lines trusted{"10.0.0.0/8"};
  for (auto garbage :
       {"unknown", "", ",", "1.1.1", "1.1.1.1.1", "[::1", "fe80::1%eth0",
        "<script>", "_hidden", "1.1.1.1, nonsense", "::ffff:1.1.1.1.1.1.1"})
    CHECK(seen("10.0.0.1", {garbage}, trusted) == "10.0.0.1");
  CHECK(seen("10.0.0.1", {"1.1.1.1, garbage, 10.0.0.9"}, trusted)
        == "10.0.0.9");
  CHECK(seen("10.0.0.1", {std::string(5'000, '1')}, trusted) == "10.0.0.1");
}

TEST_CASE("a network is what its first bits say") {
  trusted_proxies it{{"10.20.0.0/14", "0.0.0.0/0", "2001:db8::/33"}};
  auto has = [](const trusted_proxies& list, const char* which) {
    return list.contain(boost::asio::ip::make_address(which));
  };
  trusted_proxies four{{"10.20.0.0/14"}};
  CHECK(has(four, "10.20.0.0"));
  CHECK(has(four, "10.23.255.255"));
  CHECK_FALSE(has(four, "10.24.0.0"));
  CHECK_FALSE(has(four, "10.19.255.255"));
  CHECK(has(it, "255.1.2.3"));
  CHECK(has(it, "2001:db8:7fff::1"));
  CHECK_FALSE(has(it, "2001:db8:8000::1"));
}

TEST_CASE("of IPv6 a client is a /64, of IPv4 an address") {
  auto part = [](const char* which) {
    return client_part(boost::asio::ip::make_address(which));
  };
  CHECK(part("2001:db8:1:2::1") == part("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(part("2001:db8:1:2::1") != part("2001:db8:1:3::1"));
  CHECK(part("1.2.3.4") != part("1.2.3.5"));
  CHECK(part("::ffff:1.2.3.4") == part("1.2.3.4"));
}
