#include "protocol/lines.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace caisson::protocol;

namespace {

using found = line_splitter::found;

constexpr std::string_view too_long_mark = "(too long)";

/// All that comes out, in order.
std::vector<std::string> lines(line_splitter& from) {
  std::vector<std::string> all;
  std::string line;
  for (auto what = from.next(line); what != found::nothing;
       what = from.next(line))
    all.push_back(what == found::line ? line : std::string{too_long_mark});
  return all;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("lines come out as they were, however they are cut") {
  const std::string all = "one\ntwo\r\n\n\r\nthree\nfo\rur\n";
  for (std::size_t size = 1; size <= all.size(); ++size) {
    line_splitter cut{100};
    texts out;
    for (std::size_t at = 0; at < all.size(); at += size) {
      cut.feed(std::string_view{all}.substr(at, size));
      for (auto& one : lines(cut))
        out.push_back(one);
    }
    CHECK(out == texts{"one", "two", "three", "fo\rur"});
    CHECK(cut.size() == 0);
  }
}

TEST_CASE("a line that is too long is told once, and the next one is read") {
  for (std::size_t size : {1, 3, 50}) {
    line_splitter cut{4};
    texts out;
    const std::string all = "1234\n1234\r\n12345\n12345678901234\nnext\n";
    for (std::size_t at = 0; at < all.size(); at += size) {
      cut.feed(std::string_view{all}.substr(at, size));
      for (auto& one : lines(cut))
        out.push_back(one);
    }
    const std::string mark{too_long_mark};
    CHECK(out == texts{"1234", "1234", mark, mark, "next"});
  }
}

TEST_CASE("a line without end takes no more memory than it may") {
  line_splitter cut{1'000};
  std::size_t told = 0;
  for (auto i = 0; i < 1'000; ++i) {
    cut.feed(std::string(100, 'x'));
    told += lines(cut).size();
    CHECK(cut.size() <= 1'001);
  }
  CHECK(told == 1);
}

TEST_CASE("what stands at the end without a line end is a line") {
  line_splitter cut{10};
  std::string line;
  cut.feed("one\ntw");
  CHECK(lines(cut) == texts{"one"});
  cut.feed("o");
  CHECK(lines(cut).empty());
  REQUIRE(cut.last(line) == found::line);
  CHECK(line == "two");
  CHECK(cut.last(line) == found::nothing);
}

TEST_CASE("the end of a line that was too long is none") {
  line_splitter cut{4};
  std::string line;
  cut.feed("1234567");
  CHECK(lines(cut) == texts{std::string{too_long_mark}});
  cut.feed("8");
  CHECK(cut.last(line) == found::nothing);
}

TEST_CASE("a message of several lines becomes one") {
  CHECK(on_one_line("{\r\n \"a\":\n1}") == "{   \"a\": 1}");
  CHECK(on_one_line("{\"a\":\"\\n\"}") == "{\"a\":\"\\n\"}");
}
