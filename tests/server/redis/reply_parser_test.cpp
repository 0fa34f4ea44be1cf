#include "server/redis/reply_parser.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using caisson::redis::reply_bounds;
using caisson::redis::reply_parser;

namespace {

/// All replies in these bytes, fed in pieces of `step`.
std::vector<kv_value> replies(std::string_view text, std::size_t step) {
  reply_parser parser;
  std::vector<kv_value> all;
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.feed(text.substr(at, step));
    for (;;) {
      auto one = parser.next();
      REQUIRE(one.has_value());
      if (!*one)
        break;
      all.push_back(std::move(**one));
    }
  }
  return all;
}

failure_kind refusal(std::string_view text, reply_bounds within = {}) {
  reply_parser parser{within};
  parser.feed(text);
  for (;;) {
    auto one = parser.next();
    if (!one)
      return one.error().kind;
    if (!*one)
      return failure_kind::none;
  }
}

} // namespace

TEST_CASE("replies are the same in whatever pieces they come", "[redis]") {
  auto sent = std::string{"+OK\r\n:-7\r\n$-1\r\n*-1\r\n$0\r\n\r\n$4\r\na\r\n"}
              + std::string(1, '\0')
              + "\r\n*3\r\n:1\r\n*2\r\n$1\r\nx\r\n-NO inside\r\n$-1\r\n*0\r\n"
                "-ERR no\r\n";
  for (std::size_t step = 1; step <= sent.size(); ++step) {
    INFO(step);
    auto all = replies(sent, step);
    REQUIRE(all.size() == 9);
    CHECK(*all[0].text() == "OK");
    CHECK(*all[1].integer() == -7);
    CHECK(all[2].nil());
    CHECK(all[3].nil());
    CHECK(all[4].text()->empty());
    CHECK(*all[5].text() == std::string{"a\r\n\0", 4});
    auto& list = *all[6].list();
    REQUIRE(list.size() == 3);
    CHECK(*list[0].integer() == 1);
    REQUIRE(list[1].list()->size() == 2);
    CHECK(*list[1].list()->at(0).text() == "x");
    CHECK(std::get<kv_value::error>(list[1].list()->at(1).is).text
          == "NO inside");
    CHECK(list[2].nil());
    CHECK(all[7].list()->empty());
    CHECK(std::get<kv_value::error>(all[8].is).text == "ERR no");
  }
}

TEST_CASE("nonsense is a fault and stays one", "[redis]") {
  for (auto text : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", ":x\r\n", "$x\r\n",
                    "*-2\r\n", "$-2\r\n", "%1\r\n+a\r\n+b\r\n"}) {
    INFO(text);
    CHECK(refusal(text) == failure_kind::decode);
  }
  reply_parser parser;
  parser.feed("nonsense\r\n");
  CHECK_FALSE(parser.next().has_value());
  parser.feed("+OK\r\n");
  CHECK_FALSE(parser.next().has_value());
}

TEST_CASE("what is promised beyond the bounds is refused at once", "[redis]") {
  CHECK(refusal("*65536\r\n") == failure_kind::none);
  CHECK(refusal("*65537\r\n") == failure_kind::too_large);
  CHECK(refusal("*2000000000\r\n") == failure_kind::too_large);
  CHECK(refusal("*1\r\n*65537\r\n") == failure_kind::too_large);
  reply_bounds small{100, 10};
  CHECK(refusal("$1000000\r\n" + std::string(90, 'x'), small)
        == failure_kind::none);
  CHECK(refusal("$1000000\r\n" + std::string(101, 'x'), small)
        == failure_kind::too_large);
  CHECK(refusal("+" + std::string(101, 'x'), small) == failure_kind::too_large);
}

TEST_CASE("lists in lists end somewhere", "[redis]") {
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "*1\r\n";
  CHECK(refusal(deep) != failure_kind::none);
}
