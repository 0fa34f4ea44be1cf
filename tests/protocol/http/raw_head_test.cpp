#include <string>
#include <string_view>

#include "protocol/http/strict.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::http;
using namespace std::string_view_literals;

namespace {

/// 200 stands for "not refused".
unsigned status(std::string_view head) {
  auto why = check_raw_head(head);
  return why ? why->status : 200;
}

unsigned with_field(std::string_view line) {
  return status("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line)
                + "\r\n\r\n");
}

unsigned with_line(std::string_view line) {
  return status(std::string(line) + "\r\nHost: a\r\n\r\n");
}

} // namespace

TEST_CASE("a clean head passes") {
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == 200);
  CHECK(with_field("X-Note: \t a b \xfc") == 200);
  CHECK(with_field("X-Empty:") == 200);
  CHECK(with_line("DELETE /a?b=c HTTP/1.0") == 200);
}

TEST_CASE("one empty line in front is put up with") {
  CHECK(status("\r\nGET / HTTP/1.1\r\n\r\n") == 200);
  CHECK(status("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("\nGET / HTTP/1.1\r\n\r\n") == 400);
}

TEST_CASE("every line ends in CRLF") {
  CHECK(status("GET / HTTP/1.1\n\n") == 400);
  CHECK(status("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n") == 400);
  CHECK(with_field("X: a\rb") == 400);
  CHECK(with_field("X\r: a") == 400);
  CHECK(with_field("X\n: a") == 400);
}

TEST_CASE("a head ends in its only empty line") {
  CHECK(status("") == 400);
  CHECK(status("\r\n") == 400);
  CHECK(status("GET / HTTP/1.1") == 400);
  CHECK(status("GET / HTTP/1.1\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: a\r\n\r") == 400);
  CHECK(status("GET / HTTP/1.1\r\n\r\nx") == 400);
}

TEST_CASE("control characters are nowhere, tabs only in values") {
  for (int c = 0; c < 256; ++c) {
    auto bad = (c < 32 && c != '\t') || c == 127;
    std::string value = "X: abcdefghij";
    value[8] = static_cast<char>(c);
    CHECK(with_field(value) == (bad ? 400 : 200));
    std::string line = "GET /x HTTP/1.1";
    line[5] = static_cast<char>(c);
    bad = c <= 32 || c >= 127 || c == '#';
    CHECK(with_line(line) == (bad ? 400 : 200));
  }
}

TEST_CASE("a field name is a token without underscores") {
  for (auto line : {"X : a", "X\t: a", " X: a", "\tX: a", ": a", "X", "X Y: a",
                    "X(: a", "X\xe4: a", "content_length: 5", "_: a"})
    CHECK(with_field(line) == 400);
  CHECK(with_field("X\0Y: a"sv) == 400);
  CHECK(with_field("!#$%&'*+-.^`|~aZ09: a") == 200);
}

TEST_CASE("a field is not folded") {
  CHECK(with_field("X: a\r\n b") == 400);
  CHECK(with_field("X:\r\n\tb") == 400);
  CHECK(with_field("X: a\r\n ") == 400);
  CHECK(status("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
}

TEST_CASE("a request line has three parts, one space apart") {
  for (auto line : {"", " ", "  ", "GET", "GET /", "GET / ", "GET  / HTTP/1.1",
                    "GET /  HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ",
                    "GET\t/ HTTP/1.1", "G:T / HTTP/1.1", "GET /a b HTTP/1.1"})
    CHECK(with_line(line) == 400);
}

TEST_CASE("only HTTP/1.0 and 1.1 are spoken") {
  for (auto version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.1"})
    CHECK(with_line("GET / " + std::string(version)) == 505);
  for (auto version :
       {"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/1.1x", "HTTP/1.10", "HTTP/01.1",
        "HTTP/1,1", "HTTQ/1.1", "HTTP/x.1"})
    CHECK(with_line("GET / " + std::string(version)) == 400);
}

TEST_CASE("replies obey the same rules, a few harmless ones apart") {
  auto ok = [](std::string_view head) { return !check_raw_reply_head(head); };
  CHECK(ok("HTTP/1.1 200 OK\r\nx_note: a\r\n\r\n"));
  CHECK(ok("HTTP/1.0 200 Tr\xe8s bien\r\n\r\n"));
  CHECK_FALSE(ok("\r\nHTTP/1.1 200 OK\r\n\r\n"));
  CHECK_FALSE(ok("HTTP/1.1 200 OK\nX: a\r\n\r\n"));
  CHECK_FALSE(ok("HTTP/1.1 200 OK\r\nX: a\n\r\n"));
  CHECK_FALSE(ok("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"));
  CHECK_FALSE(ok("HTTP/1.1 200 OK\r\nX : a\r\n\r\n"));
  CHECK_FALSE(ok("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"sv));
  CHECK_FALSE(ok("HTTP/2.0 200 OK\r\n\r\n"));
  CHECK_FALSE(ok("HTTP/1 200 OK\r\n\r\n"));
  CHECK(check_raw_reply_head("garbage\r\n\r\n")->status == 502);
}
