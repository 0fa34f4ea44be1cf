#include "protocol/cluster/greeting.hpp"

#include "tests/support/basp_frames.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace caisson::testing;

namespace {

greeting example() {
  return {"node-1", 1'795'000'000'123, "10.0.0.1:7946", basp_node('\xfe'),
          welcome::taken};
}

std::string text_of(const greeting& what) {
  return write_greeting(what).substr(2);
}

} // namespace

TEST_CASE("a greeting is read as it was written") {
  auto written = write_greeting(example());
  CHECK(written.size() <= 2 + longest_greeting);
  auto size = static_cast<unsigned char>(written[0]) * 256u
              + static_cast<unsigned char>(written[1]);
  CHECK(size == written.size() - 2);
  auto read = read_greeting(written.substr(2));
  REQUIRE(read);
  CHECK(read->name == "node-1");
  CHECK(read->incarnation == 1'795'000'000'123);
  CHECK(read->address == "10.0.0.1:7946");
  CHECK(read->id == basp_node('\xfe'));
  CHECK(read->answer == welcome::taken);
}

TEST_CASE("a greeting with the longest of everything has room") {
  greeting what{std::string(64, 'n'), ~0ull, std::string(255, 'a'),
                std::string(32, 'i'), welcome::foreign};
  CHECK(write_greeting(what).size() <= 2 + longest_greeting);
  CHECK(read_greeting(text_of(what)));
}

TEST_CASE("what is no greeting is none") {
  auto good = text_of(example());
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK(!read_greeting(good.substr(0, n)));
  CHECK(!read_greeting(good + "\nmore"));
  for (auto [from, to] : {std::pair{"caisson 1", "caisson 2"},
                          {"node-1", "no de"},
                          {"node-1", ""},
                          {"1795000000123", "-5"},
                          {"1795000000123", "1x"},
                          {"taken", "maybe"},
                          {"10.0.0.1:7946", ""},
                          {"9aab", "9aa"},
                          {"9aab", "9axb"}}) {
    auto bad = good;
    bad.replace(bad.find(from), std::string_view{from}.size(), to);
    INFO(bad);
    CHECK(!read_greeting(bad));
  }
  auto long_one = example();
  long_one.name = std::string(65, 'n');
  CHECK(!read_greeting(text_of(long_one)));
}
