#include "protocol/mcp/spilled.hpp"

#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

const std::string id(32, 'a');

std::size_t size_in_json(std::string_view text) {
  std::string written;
  json::append_escaped(written, text);
  return written.size();
}

} // namespace

TEST_CASE("parts are what a message holds, and together the whole", "[mcp]") {
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += i % 3 == 0 ? "\n" : i % 3 == 1 ? "\xe2\x82\xac" : "\"\x01z";
  for (std::uint64_t most : {8u, 9u, 64u, 100u, 1'000u, 100'000u}) {
    const spilled it{text, "text/plain", most};
    std::string all;
    for (std::size_t i = 1; i <= it.parts(); ++i) {
      const auto part = it.part(i);
      CHECK_FALSE(part.empty());
      CHECK(size_in_json(part) <= most);
      // It begins with a character.
      CHECK((static_cast<unsigned char>(part.front()) & 0xc0) != 0x80);
      all += part;
    }
    CHECK(all == text);
    CHECK((it.parts() == 1) == (most > size_in_json(text)));
  }
}

TEST_CASE("a character that no part could hold is one by itself", "[mcp]") {
  const spilled it{"a\xe2\x82\xac\x01"
                   "b",
                   "text/plain", 2};
  REQUIRE(it.parts() == 4);
  CHECK(it.part(2) == "\xe2\x82\xac");
  CHECK(it.part(4) == "b");
}

TEST_CASE("nothing is one part", "[mcp]") {
  const spilled it{"", "text/plain", 10};
  CHECK(it.parts() == 1);
  CHECK(it.part(1).empty());
}

TEST_CASE("a part has one address, which is read as it is written", "[mcp]") {
  CHECK(spill_uri(id) == "caisson://spill/" + id);
  for (std::size_t part : {1u, 2u, 17u}) {
    const auto read = read_spill_uri(spill_uri(id, part));
    REQUIRE(read);
    CHECK(read->id == id);
    CHECK(read->part == part);
  }
}

TEST_CASE("what is no such address is none", "[mcp]") {
  for (const auto& no :
       {std::string{"caisson://node/status"}, std::string{"caisson://spill/"},
        "caisson://spill/" + id.substr(1), "caisson://spill/" + id + 'a',
        "caisson://spill/A" + id.substr(1), spill_uri(id) + '/',
        spill_uri(id) + "/0", spill_uri(id) + "/01", spill_uri(id) + "/-1",
        spill_uri(id) + "/2x", spill_uri(id) + "/99999999999999999999",
        "x" + spill_uri(id)})
    CHECK_FALSE(read_spill_uri(no));
  CHECK(is_spill_uri("caisson://spill/no"));
  CHECK_FALSE(is_spill_uri("caisson://node/status"));
}

TEST_CASE("a part says where the next is", "[mcp]") {
  const spilled it{"abcdef", "text/plain", 4};
  REQUIRE(it.parts() == 2);
  auto read = bj::parse(write_part(it, {id, 1}));
  CHECK(read.at("contents").as_array().size() == 1);
  const auto one = read.at("contents").at(0);
  CHECK(one.at("uri") == bj::string{spill_uri(id)});
  CHECK(one.at("mimeType") == "text/plain");
  CHECK(one.at("text") == "abcd");
  CHECK(one.at("_meta").at("caisson/parts") == 2);
  CHECK(one.at("_meta").at("caisson/next") == bj::string{spill_uri(id, 2)});
  const auto last = bj::parse(write_part(it, {id, 2})).at("contents").at(0);
  CHECK(last.at("uri") == bj::string{spill_uri(id, 2)});
  CHECK(last.at("text") == "ef");
  CHECK_FALSE(last.at("_meta").as_object().contains("caisson/next"));
}
