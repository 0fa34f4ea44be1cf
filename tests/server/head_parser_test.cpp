#include "server/http/head_parser.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "tests/server/http_corpus.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::http;

namespace {

const head_limits limits;

struct corpus_case {
  std::string name;
  std::string raw;
  unsigned expected; ///< a status; 200 for "ok"
};

std::vector<corpus_case> load_corpus() {
  std::vector<corpus_case> cases;
  for (auto& item : corpus("http_requests.json"))
    cases.push_back({std::string{item.at("name").as_string()},
                     bytes_of(item.at("raw")), verdict_of(item.at("expect"))});
  return cases;
}

/// The head, if Beast by itself takes it.
template <bool IsRequest>
std::optional<boost::beast::http::fields> plain_beast(std::string_view raw) {
  namespace http = boost::beast::http;
  http::parser<IsRequest, http::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(boost::none);
  boost::beast::error_code error;
  parser.put({raw.data(), raw.size()}, error);
  if (error || !parser.is_header_done())
    return std::nullopt;
  return parser.get().base();
}

/// Beast agrees on a head that we accept: same fields in the same order.
template <bool IsRequest>
bool beast_agrees(std::string_view raw, const field_list& ours) {
  auto theirs = plain_beast<IsRequest>(raw);
  auto same = [](const auto& x, const field& y) {
    std::string_view name{x.name_string().data(), x.name_string().size()};
    std::string_view value{x.value().data(), x.value().size()};
    return iequals(name, y.name) && value == y.value;
  };
  return theirs
         && std::equal(theirs->begin(), theirs->end(), ours.begin(), ours.end(),
                       same);
}

/// A head changed in a few places to bytes that parsers quarrel about.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::vector<std::string> nasty{"\r",
                                              "\n",
                                              "\r\n",
                                              "\r\n ",
                                              " ",
                                              "\t",
                                              ":",
                                              ",",
                                              ";",
                                              "_",
                                              "\x0b",
                                              "\x7f",
                                              "\xa0",
                                              "#",
                                              "http",
                                              "5",
                                              "0x",
                                              "-",
                                              "chunked",
                                              "\r\nHost: a",
                                              "\r\nContent-Length: 5",
                                              "\r\nTransfer-Encoding: chunked",
                                              std::string(1, '\0')};
  for (auto edits = 1 + random() % 3; edits > 0; --edits) {
    auto at = random() % text.size();
    auto& what = nasty[random() % nasty.size()];
    switch (random() % 3) {
      case 0:
        text.insert(at, what);
        break;
      case 1:
        text.replace(at, std::min(what.size(), text.size() - at), what);
        break;
      default:
        text.erase(at, 1 + random() % 3);
    }
  }
  return text;
}

} // namespace

TEST_CASE("every request of the corpus gets the verdict it deserves") {
  auto corpus = load_corpus();
  CHECK(std::count_if(corpus.begin(), corpus.end(),
                      [](auto& x) { return x.expected == 200; })
        >= 15);
  CHECK(corpus.size() >= 75);
  for (auto& item : corpus) {
    INFO(item.name);
    CHECK(verdicts_on(item.raw, limits).front() == item.expected);
  }
}

TEST_CASE("what is accepted, Beast accepts with the same fields") {
  std::mt19937 random{23};
  std::size_t accepted = 0;
  for (auto& item : load_corpus()) {
    for (int round = 0; round < 200; ++round) {
      auto raw = item.raw.substr(0, 400);
      if (round > 0)
        raw = mutated(raw, random);
      auto size = find_head_end(raw);
      request_head head;
      if (size == no_head_end
          || parse_request_head(std::string_view{raw}.substr(0, size), limits,
                                head))
        continue;
      ++accepted;
      INFO(raw);
      // Beast does not skip the empty line that we put up with.
      std::size_t skipped = raw.starts_with("\r\n") ? 2 : 0;
      CHECK(beast_agrees<true>(
        std::string_view{raw}.substr(skipped, size - skipped), head.fields));
    }
  }
  CHECK(accepted > 500);
}

TEST_CASE("of replies, too, what is accepted, Beast accepts") {
  std::mt19937 random{29};
  std::size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    auto raw = mutated("HTTP/1.1 200 OK\r\nServer: x\r\nX-Note:  a b \r\n"
                       "Content-Length: 5\r\nConnection: keep-alive\r\n\r\n",
                       random);
    auto size = find_head_end(raw);
    response_head head;
    if (size == no_head_end
        || parse_response_head(std::string_view{raw}.substr(0, size), limits,
                               verb::post, head))
      continue;
    ++accepted;
    INFO(raw);
    CHECK(
      beast_agrees<false>(std::string_view{raw}.substr(0, size), head.fields));
  }
  CHECK(accepted > 500);
}

TEST_CASE("the end of a head is found however it arrives") {
  std::string_view whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
  auto size = whole.find("body");
  CHECK(find_head_end(whole) == size);
  for (std::size_t seen = 0; seen < size; ++seen) {
    CHECK(find_head_end(whole.substr(0, seen)) == no_head_end);
    CHECK(find_head_end(whole, seen) == size);
  }
}

TEST_CASE("a head of bare line feeds ends, to be refused at once") {
  CHECK(find_head_end("GET / HTTP/1.1\nHost: a\n\nx") == 24);
  CHECK(find_head_end("GET / HTTP/1.1\r\nHost: a\n\r\nx") == 26);
  CHECK(find_head_end("GET / HTTP/1.1\r\nHost: a\r\n\nx") == 26);
  for (std::size_t seen = 0; seen < 24; ++seen)
    CHECK(find_head_end("GET / HTTP/1.1\nHost: a\n\nx", seen) == 24);
}

TEST_CASE("a request head is parsed into views of the buffer") {
  std::string_view raw = "POST /v1/chat?a=b HTTP/1.1\r\nHost: a:80\r\n"
                         "X-Note:  x y \r\nContent-Length: 5\r\n\r\n";
  request_head head;
  REQUIRE_FALSE(parse_request_head(raw, limits, head));
  CHECK(head.method == verb::post);
  CHECK(head.path == "/v1/chat");
  CHECK(head.query == "a=b");
  CHECK(head.host == "a:80");
  CHECK(head.content_length == 5u);
  CHECK(head.keep_alive);
  CHECK(head.size == raw.size());
  REQUIRE(head.find("x-note"));
  CHECK(*head.find("x-note") == "x y");
  CHECK(head.find("x-note")->data() == raw.data() + raw.find("x y"));
  CHECK_FALSE(head.find("x-not"));
}

TEST_CASE("a head is parsed into again and again") {
  request_head head;
  for (int round = 0; round < 3; ++round) {
    REQUIRE_FALSE(parse_request_head("POST / HTTP/1.1\r\nHost: a\r\nExpect: "
                                     "100-continue\r\nTransfer-Encoding: "
                                     "chunked\r\n\r\n",
                                     limits, head));
    CHECK(head.chunked);
    CHECK(head.fields.size() == 3);
    REQUIRE_FALSE(
      parse_request_head("GET / HTTP/1.0\r\nHost: a\r\n\r\n", limits, head));
    CHECK_FALSE(head.chunked);
    CHECK_FALSE(head.expect_continue);
    CHECK_FALSE(head.keep_alive);
    CHECK(head.fields.size() == 1);
  }
}

TEST_CASE("a large announced body is not the parser's business") {
  // Beast by itself stops at 1 MB.
  request_head head;
  CHECK_FALSE(parse_request_head(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000000\r\n\r\n", limits,
    head));
  CHECK(head.content_length == 4'000'000'000u);
}

TEST_CASE("a reply head is parsed for the method that asked") {
  std::string_view raw = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: 5\r\n\r\n";
  response_head head;
  REQUIRE_FALSE(parse_response_head(raw, limits, verb::post, head));
  CHECK(head.status == 200);
  CHECK(head.content_length == 5u);
  CHECK_FALSE(head.bodiless);
  CHECK(head.keep_alive);
  CHECK(head.size == raw.size());
  CHECK(*head.find("content-type") == "application/json");
  REQUIRE_FALSE(parse_response_head(raw, limits, verb::head, head));
  CHECK(head.bodiless);
}

TEST_CASE("a reply that is not one is a framing failure") {
  auto status = [](std::string_view raw) {
    response_head head;
    auto why = parse_response_head(raw, limits, verb::post, head);
    return why ? why->status : 200;
  };
  CHECK(status("HTTP/1.1 200 \r\n\r\n") == 200);
  CHECK(status("HTTP/1.1 20 OK\r\n\r\n") == 502);
  CHECK(status("HTTP/1.1 abc OK\r\n\r\n") == 502);
  CHECK(status("HTTP/1.1 099 OK\r\n\r\n") == 502);
  CHECK(status("ICY 200 OK\r\n\r\n") == 502);
  CHECK(status("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
               "Transfer-Encoding: chunked\r\n\r\n")
        == 502);
  CHECK(status("HTTP/1.1 200 OK\r\nX: " + std::string(limits.head, 'x')
               + "\r\n\r\n")
        == 502);
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 101; ++i)
    many += "X: x\r\n";
  CHECK(status(many + "\r\n") == 502);
}
