#include "protocol/json/write.hpp"

#include <limits>
#include <random>

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::json;

namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

} // namespace

TEST_CASE("strings are escaped as RFC 8259 has it") {
  CHECK(in_quotes("plain") == R"("plain")");
  CHECK(in_quotes("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(in_quotes("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(in_quotes(std::string_view{"\0\x1f\x7f", 3})
        == "\"\\u0000\\u001f\x7f\"");
  CHECK(in_quotes("你好 🙂") == "\"你好 🙂\"");
}

TEST_CASE("what is written is read back the same") {
  std::mt19937 random{5};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (auto& c : text)
      c = static_cast<char>(random() % 128);
    CHECK(boost::json::parse(in_quotes(text)) == boost::json::string(text));
  }
}

TEST_CASE("each byte is escaped or left alone wherever it stands in a text") {
  for (int c = 0; c < 256; ++c) {
    std::string alone{static_cast<char>(c)};
    auto escaped = in_quotes(alone);
    auto inner = escaped.substr(1, escaped.size() - 2);
    CHECK((inner != alone) == (c < 0x20 || c == '"' || c == '\\'));
    for (std::size_t at = 0; at < 20; ++at) {
      // Beside the byte that is nearest to one that must be escaped.
      std::string around(20, '!'), wanted = around;
      around[at] = static_cast<char>(c);
      wanted.replace(at, 1, inner);
      CHECK(in_quotes(around) == '"' + wanted + '"');
    }
  }
}

TEST_CASE("an object has its members in order, with commas between") {
  std::string out;
  {
    object_writer root{out};
    root.string("a", "x\n");
    root.number("b", -3);
    root.number("c", std::numeric_limits<std::uint64_t>::max());
    {
      auto inner = root.object("d");
      inner.raw("e", "null");
      auto empty = inner.object("f");
    }
    root.key("g") += "[1]";
  }
  CHECK(out
        == R"({"a":"x\n","b":-3,"c":18446744073709551615,)"
           R"("d":{"e":null,"f":{}},"g":[1]})");
}

TEST_CASE("text of doubtful origin is made UTF-8") {
  CHECK(valid_utf8("fine ü") == "fine ü");
  CHECK(valid_utf8("bad \xC3(") == "bad ?(");
}
