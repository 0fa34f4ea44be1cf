#include "protocol/http/chunked.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "tests/support/catch.hpp"

using namespace caisson::http;
using namespace std::string_view_literals;

namespace {

struct outcome {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  bool refused = false;

  bool operator==(const outcome&) const = default;
};

void feed(chunk_decoder& decoder, std::string_view input, outcome& out) {
  while (!input.empty() && !decoder.done() && !decoder.refused()) {
    auto step = decoder.next(input);
    out.data += step.data;
    out.consumed += step.consumed;
    input.remove_prefix(step.consumed);
  }
  out.done = decoder.done();
  out.refused = decoder.refused().has_value();
}

outcome read(std::string_view body) {
  chunk_decoder decoder;
  outcome result;
  feed(decoder, body, result);
  return result;
}

/// The same, in pieces of random sizes.
outcome read_in_pieces(std::string_view body, std::mt19937& random) {
  chunk_decoder decoder;
  outcome result;
  while (!body.empty() && !result.done && !result.refused) {
    auto size = std::min<std::size_t>(1 + random() % 7, body.size());
    feed(decoder, body.substr(0, size), result);
    body.remove_prefix(size);
  }
  return result;
}

bool refused(std::string_view body) {
  auto result = read(body);
  CHECK_FALSE(result.done);
  return result.refused;
}

} // namespace

TEST_CASE("a body is the data of its chunks, and says where it ends") {
  auto result = read("5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\nGET /");
  CHECK(result.data == "hello, world!!!");
  CHECK(result.done);
  CHECK(result.consumed == 30);
}

TEST_CASE("data is a view of the input") {
  auto input = "5\r\nhello\r\n0\r\n\r\n"sv;
  chunk_decoder decoder;
  auto step = decoder.next(input);
  CHECK(step.data.data() == input.data() + 3);
  CHECK(step.consumed == 8);
  step = decoder.next(input.substr(8));
  CHECK(step.data.empty());
  CHECK(step.consumed == 7);
  CHECK(decoder.done());
  CHECK(decoder.next("more").consumed == 0);
}

TEST_CASE("a body may arrive in any pieces") {
  std::mt19937 random{7};
  for (int round = 0; round < 500; ++round) {
    std::string body;
    std::string data;
    for (auto chunks = random() % 5; chunks > 0; --chunks) {
      std::string piece(random() % 40, static_cast<char>('a' + random() % 26));
      append_chunk(body, piece);
      data += piece;
    }
    body += "0;x=y\r\nX-Sum: 1\r\n\r\n";
    auto whole = read(body);
    CHECK(whole == outcome{data, body.size(), true, false});
    CHECK(read_in_pieces(body, random) == whole);
  }
}

TEST_CASE("what is refused does not depend on the pieces") {
  std::mt19937 random{11};
  auto valid = "a;x\r\n0123456789\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"sv;
  constexpr auto nasty = "\r\n 0;:x\0\t\x7f-+fG"sv;
  for (int round = 0; round < 5000; ++round) {
    std::string body{valid};
    for (auto edits = 1 + random() % 3; edits > 0; --edits)
      body[random() % body.size()] = nasty[random() % nasty.size()];
    CHECK(read_in_pieces(body, random) == read(body));
  }
}

TEST_CASE("an unfinished body is neither done nor refused") {
  auto body = "5;x=y\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"sv;
  for (std::size_t size = 0; size < body.size(); ++size) {
    auto result = read(body.substr(0, size));
    CHECK_FALSE(result.done);
    CHECK_FALSE(result.refused);
    CHECK(result.consumed == size);
  }
}

TEST_CASE("a chunk size is 1 to 16 hexadecimal digits") {
  CHECK(read("0000000000000005\r\nhello\r\n0000\r\n\r\n").done);
  for (auto size : {"", "0x5", "+5", "-5", " 5", "5 ", "\t5", "5\t", "5_", "g",
                    "5g", "5,5", ";x", "00000000000000005", "\xb5", "5\v"})
    CHECK(refused(std::string(size) + "\r\nhello\r\n0\r\n\r\n"));
  // Read as a last chunk, these would end the body.
  CHECK(refused("\r\n\r\n"));
  CHECK(refused(";x\r\n\r\n"));
  CHECK(refused("5\0\r\nhello\r\n0\r\n\r\n"sv));
}

TEST_CASE("the largest size does not overflow") {
  auto result = read("ffffffffffffffff\r\nhello");
  CHECK(result.data == "hello");
  CHECK_FALSE(result.refused);
  CHECK(refused("10000000000000005\r\nhello\r\n0\r\n\r\n"));
}

TEST_CASE("lines of a chunked body end in CRLF") {
  for (auto body :
       {"5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\nhello0\r\n\r\n",
        "4\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r\n0\r\n\rx", "5;a\nb\r\nhello",
        "5;a\rb\r\nhello", "0\r\nX: a\n\r\n", "0\r\nX: a\rb\r\n\r\n"})
    CHECK(refused(body));
}

TEST_CASE("extensions are ignored within 256 bytes a line") {
  // 2 for the size and the semicolon, 2 for CRLF.
  auto room = chunk_decoder::max_line - 4;
  CHECK(read("5;" + std::string(room, 'x') + "\r\nhello\r\n0\r\n\r\n").done);
  CHECK(refused("5;" + std::string(room + 1, 'x') + "\r\nhello\r\n0\r\n\r\n"));
  CHECK(refused("5;a\0b\r\nhello"sv));
  CHECK(read("5;a=\"b c\"\t\xfc\r\nhello\r\n0;x\r\n\r\n").data == "hello");
}

TEST_CASE("a body may not be mostly extensions") {
  std::string body;
  for (int i = 0; i < 1000; ++i)
    body += "1;" + std::string(200, 'x') + "\r\na\r\n";
  CHECK(refused(body));
  body.clear();
  for (int i = 0; i < 10000; ++i)
    body += "400;chunk-signature=" + std::string(64, 'f') + "\r\n"
            + std::string(1024, 'a') + "\r\n";
  CHECK_FALSE(read(body).refused);
  body.clear();
  for (int i = 0; i < 10000; ++i)
    body += "1\r\na\r\n";
  CHECK_FALSE(read(body).refused);
}

TEST_CASE("trailers are dropped within 4 KiB") {
  auto result = read("5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Empty:\r\n\r\n");
  CHECK(result.done);
  CHECK(result.data == "hello");
  // 3 for the name and the colon, 4 for both ends of line.
  std::string value(chunk_decoder::max_trailers - 6, 'x');
  CHECK(read("0\r\nX:" + value + "\r\n\r\n").done);
  CHECK(refused("0\r\nX:x" + value + "\r\n\r\n"));
  std::string lines = "0\r\n";
  for (int i = 0; i < 1000; ++i)
    lines += "X: y\r\n";
  CHECK(refused(lines));
}

TEST_CASE("trailers are fields") {
  for (auto line : {"X", " X: a", "\tX: a", ": a", "X : a", "GET / HTTP/1.1",
                    "X: a\r\n b", "X\xfc: a", "X: a\x7f"})
    CHECK(refused("0\r\n" + std::string(line) + "\r\n\r\n"));
}

TEST_CASE("a refusal is for good") {
  chunk_decoder decoder;
  auto step = decoder.next("x\r\nhello");
  CHECK(step.consumed == 1);
  CHECK(decoder.refused()->status == 400);
  CHECK(decoder.next("5\r\nhello").consumed == 0);
}

TEST_CASE("what is written can be read") {
  std::string out;
  append_chunk_header(out, 255);
  CHECK(out == "ff\r\n");
  out.clear();
  append_chunk(out, "hello");
  append_chunk(out, ""); // would end the body
  out += last_chunk;
  CHECK(out == "5\r\nhello\r\n0\r\n\r\n");
}
