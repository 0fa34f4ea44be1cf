#include "protocol/http/strict.hpp"

#include <initializer_list>
#include <string>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::http;

namespace {

using fields = std::initializer_list<field>;

const head_limits limits;

request_head request(fields items, std::string_view method = "POST",
                     std::string_view target = "/", unsigned minor = 1) {
  request_head head;
  head.method_name = method;
  head.target = target;
  head.minor = minor;
  for (auto& item : items)
    head.fields.push_back(item);
  return head;
}

/// 200 stands for "not refused".
unsigned status(request_head head) {
  auto why = check_request(head, limits);
  return why ? why->status : 200;
}

unsigned status(fields items) {
  return status(request(items));
}

response_head reply(fields items, unsigned status = 200, unsigned minor = 1) {
  response_head head;
  head.status = status;
  head.minor = minor;
  for (auto& item : items)
    head.fields.push_back(item);
  return head;
}

constexpr field host{"Host", "a"};
constexpr field chunked{"Transfer-Encoding", "chunked"};

} // namespace

TEST_CASE("a transfer coding is exactly chunked, in any case") {
  for (auto value : {"chunked", "Chunked", "CHUNKED"})
    CHECK(status({host, {"transfer-encoding", value}}) == 200);
  for (auto value : {"", "chunked, chunked", "gzip, chunked", "chunked;q=1",
                     "xchunked", "chunkedx", "identity", "chunked,"})
    CHECK(status({host, {"Transfer-Encoding", value}}) == 400);
  CHECK(status({host, chunked, chunked}) == 400);
}

TEST_CASE("a transfer coding excludes a length, in both orders") {
  CHECK(status({host, chunked, {"Content-Length", "5"}}) == 400);
  CHECK(status({host, {"Content-Length", "5"}, chunked}) == 400);
  CHECK(status({host, {"Content-Length", "0"}, chunked}) == 400);
}

TEST_CASE("a transfer coding needs HTTP/1.1") {
  CHECK(status(request({host, chunked}, "POST", "/", 0)) == 400);
}

TEST_CASE("a length is one decimal number of 64 bits") {
  auto head = request({host, {"Content-Length", "18446744073709551615"}});
  REQUIRE_FALSE(check_request(head, limits));
  CHECK(head.content_length == 18446744073709551615u);
  for (auto value : {"", "+5", "-1", "0x5", "5, 5", "5,5", "5a", "a5", "5 5",
                     "18446744073709551616", "000000000000000000005"})
    CHECK(status({host, {"Content-Length", value}}) == 400);
  field length{"Content-Length", "5"};
  CHECK(status({host, length, length}) == 400);
}

TEST_CASE("an announced body over the limit is refused before it is read") {
  auto head = request({host, {"Content-Length", "11"}});
  auto why = check_request(head, {.body = 10});
  REQUIRE(why);
  CHECK(why->status == 413);
  CHECK(why->code == errc::validation_body_too_large);
}

TEST_CASE("there is exactly one host") {
  CHECK(status({host}) == 200);
  CHECK(status(fields{}) == 400);
  CHECK(status({host, host}) == 400);
  for (auto value : {"", "a b", "me@a", "a/b", "a,b"})
    CHECK(status({{"Host", value}}) == 400);
}

TEST_CASE("only five methods are served") {
  for (auto name : {"GET", "POST", "DELETE", "OPTIONS", "HEAD"})
    CHECK(status(request({host}, name)) == 200);
  for (auto name : {"CONNECT", "TRACE", "PUT", "PATCH"})
    CHECK(status(request({host}, name)) == 405);
  for (auto name : {"BREW", "get", "GETS", ""})
    CHECK(status(request({host}, name)) == 501);
  auto head = request({host}, "DELETE");
  REQUIRE_FALSE(check_request(head, limits));
  CHECK(head.method == verb::del);
}

TEST_CASE("a target is a path, an address of this host or an asterisk") {
  for (auto target : {"/", "/a?b", "http://a", "http://a/", "HTTPS://A/b"})
    CHECK(status(request({host}, "GET", target)) == 200);
  for (auto target : {"", "a", "a:80", "*", "http://b/", "http://me@a/",
                      "http://a:80/", "ftp://a/", "http:///", "http:/a"})
    CHECK(status(request({host}, "GET", target)) == 400);
  CHECK(status(request({host}, "OPTIONS", "*")) == 200);
}

TEST_CASE("path and query are split off the target") {
  auto head = request({host}, "GET", "http://a/b/c?d=e?f");
  REQUIRE_FALSE(check_request(head, limits));
  CHECK(head.path == "/b/c");
  CHECK(head.query == "d=e?f");
  CHECK(head.host == "a");
}

TEST_CASE("a target may have 8 KiB and no more") {
  std::string target(limits.target, '/');
  CHECK(status(request({host}, "GET", target)) == 200);
  target += '/';
  CHECK(status(request({host}, "GET", target)) == 414);
}

TEST_CASE("what identifies a caller or a body is there once") {
  for (auto name : {"Authorization", "Content-Type", "Origin", "X-Api-Key",
                    "X-Goog-Api-Key"}) {
    field item{name, "x"};
    CHECK(status({host, item}) == 200);
    CHECK(status({host, item, item}) == 400);
  }
  CHECK(status({host, {"Accept", "x"}, {"Accept", "x"}}) == 200);
}

TEST_CASE("only 100-continue can be expected, and only in HTTP/1.1") {
  auto head = request({host, {"Expect", "100-Continue"}});
  REQUIRE_FALSE(check_request(head, limits));
  CHECK(head.expect_continue);
  head = request({host, {"Expect", "100-continue"}}, "POST", "/", 0);
  REQUIRE_FALSE(check_request(head, limits));
  CHECK_FALSE(head.expect_continue);
  field expect{"Expect", "100-continue"};
  CHECK(status({host, expect, expect}) == 200);
  for (auto value : {"", "200-ok", "100-continue, 100-continue"})
    CHECK(status({host, {"Expect", value}}) == 417);
}

TEST_CASE("a connection persists as its version and fields say") {
  auto keeps = [](std::string_view connection, unsigned minor) {
    auto head = request({host, {"Connection", connection}}, "GET", "/", minor);
    CHECK_FALSE(check_request(head, limits));
    return head.keep_alive;
  };
  CHECK(keeps("", 1));
  CHECK(keeps("x-close", 1));
  CHECK_FALSE(keeps("x , Close", 1));
  CHECK_FALSE(keeps("", 0));
  CHECK(keeps("x,keep-alive", 0));
  CHECK_FALSE(keeps("keep-alive, close", 0));
}

TEST_CASE("an upgrade to HTTP/2 is ignored") {
  CHECK(status({host, {"Connection", "Upgrade"}, {"Upgrade", "h2c"}}) == 200);
}

TEST_CASE("a head used again keeps nothing of the request before") {
  auto head = request({host, {"Content-Length", "5"}});
  REQUIRE_FALSE(check_request(head, limits));
  head.fields.clear();
  head.fields.push_back(host);
  REQUIRE_FALSE(check_request(head, limits));
  CHECK_FALSE(head.content_length);
}

TEST_CASE("a refused reply is a framing failure of the upstream") {
  field length{"Content-Length", "5"};
  for (auto items :
       {fields{chunked, length}, fields{length, chunked},
        fields{length, length}, fields{chunked, chunked},
        fields{{"Content-Length", "5, 5"}}, fields{{"Content-Length", "+5"}},
        fields{{"Transfer-Encoding", "gzip, chunked"}}}) {
    auto head = reply(items);
    auto why = check_reply(head, verb::post);
    REQUIRE(why);
    CHECK(why->status == 502);
    CHECK(why->code == errc::llm_error);
  }
  auto old = reply({chunked}, 200, 0);
  CHECK(check_reply(old, verb::post));
  for (auto code : {0u, 99u, 101u}) {
    auto head = reply({}, code);
    CHECK(check_reply(head, verb::post));
  }
}

TEST_CASE("fields that mean nothing in a reply are not judged there") {
  auto head = reply({host, host, {"Expect", "x"}, {"Content-Length", "1"}});
  CHECK_FALSE(check_reply(head, verb::post));
}

TEST_CASE("a reply without framing ends with its connection") {
  auto head = reply({});
  REQUIRE_FALSE(check_reply(head, verb::post));
  CHECK(head.until_close);
  CHECK_FALSE(head.keep_alive);
  head = reply({{"Content-Length", "0"}});
  REQUIRE_FALSE(check_reply(head, verb::post));
  CHECK_FALSE(head.until_close);
  CHECK(head.keep_alive);
}

TEST_CASE("a reply without a body leaves the connection usable") {
  for (auto code : {100u, 204u, 304u}) {
    auto head = reply({}, code);
    REQUIRE_FALSE(check_reply(head, verb::get));
    CHECK(head.bodiless);
    CHECK(head.keep_alive);
  }
  auto head = reply({{"Content-Length", "5"}});
  REQUIRE_FALSE(check_reply(head, verb::head));
  CHECK(head.bodiless);
  CHECK(head.keep_alive);
}

TEST_CASE("an interim reply that announces a body is refused") {
  for (auto item : {chunked, field{"Content-Length", "5"}}) {
    auto head = reply({item}, 103);
    CHECK(check_reply(head, verb::get));
  }
}

TEST_CASE("a 204 that announces a body is not followed by another request") {
  for (auto item : {chunked, field{"Content-Length", "5"}}) {
    auto head = reply({item}, 204);
    REQUIRE_FALSE(check_reply(head, verb::get));
    CHECK(head.bodiless);
    CHECK_FALSE(head.keep_alive);
  }
}

TEST_CASE("a head that grew over the limit is told by where it is") {
  CHECK(oversized_head("GET /xxxx").status == 414);
  CHECK(oversized_head("\r\nGET /xxxx").status == 414);
  CHECK(oversized_head("GET / HTTP/1.1\r\nX: xxx").status == 431);
}

TEST_CASE("values that could break out of their line are not sent") {
  for (auto value : {"", "a b", "a\tb", "gr\xc3\xbc\xc3\x9f"})
    CHECK(safe_field_value(value));
  CHECK_FALSE(safe_field_value("a\r\nX: b"));
  for (int c = 0; c < 256; ++c) {
    std::string value = "0123456789";
    value[8] = static_cast<char>(c);
    CHECK(safe_field_value(value) == ((c >= 32 && c != 127) || c == '\t'));
  }
}

TEST_CASE("a control character is found wherever it stands") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '\xe4');
    CHECK(find_control(text) == size);
    for (std::size_t at = 0; at < size; ++at) {
      // Neighbours that a wrong borrow would mark, and a harmless tab before.
      for (char c : {'\0', '\x1f', '\x7f'}) {
        auto bad = text;
        bad[at] = c;
        if (at > 0)
          bad[at - 1] = '\t';
        if (at + 1 < size)
          bad[at + 1] = ' ';
        CHECK(find_control(bad) == at);
        CHECK(find_control(bad, at + 1) == size);
      }
    }
  }
}

TEST_CASE("fields of one connection are not forwarded, credentials are") {
  field_list list;
  list.push_back({"Connection", "close, X-Trace"});
  list.push_back({"connection", "Authorization"});
  for (auto name : {"Connection", "keep-alive", "TE", "Trailer", "Upgrade",
                    "Transfer-Encoding", "Proxy-Connection", "HTTP2-Settings",
                    "Proxy-Authorization", "x-trace"})
    CHECK(hop_by_hop(name, list));
  for (auto name : {"Authorization", "Content-Type", "X-Trac", "X-Other"})
    CHECK_FALSE(hop_by_hop(name, list));
}
