#include "protocol/json/strict.hpp"

#include <string>

#include "tests/support/catch.hpp"

using caisson::errc;
using caisson::protocol::json::max_depth;
using caisson::protocol::json::strict_reader;

namespace {

/// The sentence that refuses `body`; empty when it is taken. The copy has no
/// spare capacity and a live byte behind it, so a read past the end shows.
std::string refusal(std::string body) {
  const auto before = body;
  strict_reader reader;
  auto flaw = reader.read(body);
  CHECK(body == before);
  if (!flaw)
    return {};
  CHECK(flaw->code == errc::validation_schema);
  CHECK_FALSE(flaw->detail.empty());
  return flaw->detail;
}

bool takes(std::string body) {
  return refusal(std::move(body)).empty();
}

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string nested_objects(std::size_t depth) {
  std::string body;
  for (std::size_t i = 1; i < depth; ++i)
    body += R"({"a":)";
  return body + "{}" + std::string(depth - 1, '}');
}

} // namespace

TEST_CASE("a padded copy has the room that reading it takes: it is not copied "
          "again") {
  auto copy = caisson::protocol::json::padded(std::string(5'000, ' ') + "{}");
  CHECK(copy.capacity() >= copy.size() + caisson::protocol::json::padding);
  auto* there = copy.data();
  strict_reader reader;
  CHECK_FALSE(reader.read(copy));
  CHECK(copy.data() == there);
}

TEST_CASE("well-formed bodies are taken", "[json]") {
  for (const auto* body :
       {"{}", "[]", " \r\n\t{ } \n", R"({"a":1,"b":[true,false,null,"x"]})",
        R"({"":{"":{"":0}}})", R"({"a":{"b":1},"c":{"b":1}})",
        R"([{"a":1},{"a":1}])", R"({"n":[0,-0,1e0,-1.5E+2,1e-400]})",
        R"(["\u0000","\ud83d\ude00","\"\\\/\b\f\n\r\t"])",
        R"([9223372036854775807,-9223372036854775808,18446744073709551615])",
        R"([1.7976931348623157e308,0.1234567890123456789012345678901])",
        "[\"\xC3\xA9\xF0\x9F\x98\x80\"]"}) {
    INFO(body);
    CHECK(takes(body));
  }
}

TEST_CASE("a key may stand once in an object", "[json]") {
  for (const auto* body :
       {R"({"a":1,"a":2})", R"({"a":1,"b":2,"a":1})", R"({"x":{"a":1,"a":2}})",
        R"([[{"a":[],"b":{},"a":[]}]])", R"({"a":1,"\u0061":2})",
        R"({"mod\u0065l":"x","model":"y"})", R"({"\ud83d\ude00":1,"😀":2})",
        R"({"":1,"":2})", R"({"a\/b":1,"a/b":2})"}) {
    INFO(body);
    CHECK(refusal(body).find("same key twice") != std::string::npos);
  }
  CHECK(takes(R"({"a":1,"A":2,"a ":3,"\u0041\u0041":4})"));
  CHECK(refusal(R"({"a":1,"a":2})").find("(byte 7)") != std::string::npos);
}

TEST_CASE("a large object is checked without comparing all pairs", "[json]") {
  std::string body = "{";
  for (int i = 0; i < 200'000; ++i)
    body += "\"key" + std::to_string(i) + "\":0,";
  auto distinct = body;
  distinct.back() = '}';
  CHECK(takes(distinct));
  CHECK(refusal(body + R"("key77777":0})").find("twice") != std::string::npos);
  for (int n = 15; n < 19; ++n) {
    std::string twin = "{";
    for (int i = 0; i < n; ++i)
      twin += "\"k" + std::to_string(i) + "\":0,";
    INFO(n);
    CHECK(refusal(twin + R"("k0":0})").find("twice") != std::string::npos);
    CHECK(takes(twin + R"("k":0})"));
  }
}

TEST_CASE("64 levels are taken and 65 are not", "[json]") {
  CHECK(takes(nested(max_depth, '[', ']')));
  CHECK(refusal(nested(max_depth + 1, '[', ']')).find("64 levels (byte 64)")
        != std::string::npos);
  CHECK(takes(nested_objects(max_depth)));
  CHECK_FALSE(takes(nested_objects(max_depth + 1)));
  CHECK_FALSE(takes(std::string(100'000, '[')));
  CHECK_FALSE(takes(nested(100'000, '[', ']')));
  CHECK_FALSE(takes(nested_objects(100'000)));
  std::string unbalanced;
  for (int i = 0; i < 100'000; ++i)
    unbalanced += R"({"a":[)";
  CHECK_FALSE(takes(unbalanced));
}

TEST_CASE("numbers beyond their types are refused", "[json]") {
  for (const auto* body :
       {"[1e400]", "[-1e400]", "[1e-0718446744073709551616]", "[0e12345]",
        R"({"a":18446744073709551616})", "[-9223372036854775809]",
        "[99999999999999999999999999]", "[01]", "[+1]", "[1.]", "[.5]", "[-]",
        "[1e]", "[0x1]", "[NaN]", "[Infinity]", "[-Infinity]", "[1 2]",
        "[1a]"}) {
    INFO(body);
    CHECK_FALSE(takes(body));
  }
  CHECK(refusal(R"({"a":1e400})").find("(byte 5)") != std::string::npos);
}

TEST_CASE("bytes that are not UTF-8 text are refused", "[json]") {
  for (const std::string& body :
       {std::string{"\xEF\xBB\xBF{}"}, std::string{"[\"\xFF\"]"},
        std::string{"[\"\xC0\xAF\"]"}, std::string{"[\"\xED\xA0\x80\"]"},
        std::string{"[\"\xF4\x90\x80\x80\"]"}, std::string{"[\"\xC3\"]"},
        std::string{"[\"\x01\"]"}, std::string{"[\"a\nb\"]"},
        std::string{"[\"\0\"]", 5}, std::string{"[]\0", 3},
        std::string{"\0[]", 3}, std::string{"\xFF\xFE[\0]\0", 6}}) {
    INFO(body);
    CHECK_FALSE(takes(body));
  }
  CHECK(refusal("\xEF\xBB\xBF{}").find("byte order mark") != std::string::npos);
}

TEST_CASE("escapes that name no character are refused", "[json]") {
  for (const auto* body :
       {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800\ud800"])",
        R"(["\ud800x"])", R"({"\udfff":1})", R"(["\x41"])", R"(["\u12"])",
        R"(["\u00g0"])", R"(["\'"])", "[\"\\\"]", R"(["a\"])"}) {
    INFO(body);
    CHECK_FALSE(takes(body));
  }
}

TEST_CASE("exactly one document is taken", "[json]") {
  for (const auto* body : {"",
                           " ",
                           "\n\t",
                           "{}{}",
                           "{} {}",
                           "[]x",
                           "{}]",
                           "{},",
                           "[1],[2]",
                           "{}//c",
                           "{}/**/",
                           "\"a\"",
                           "1",
                           "true",
                           "null",
                           "{",
                           "[",
                           "}",
                           "]",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({,"a":1})",
                           R"({"a":1 "b":2})",
                           R"({a:1})",
                           R"({'a':1})",
                           R"({1:1})",
                           "[1,]",
                           "[,1]",
                           "[1,,2]",
                           "[}",
                           "{]",
                           R"({"a":[1})",
                           R"(["a":1])",
                           R"(["a" "b"])",
                           "[tru]",
                           "[truee]",
                           "[nul]",
                           "[True]",
                           R"(["a)",
                           R"({"a":"b)",
                           R"(["a"b])",
                           R"([true"a"])",
                           R"({"a":{})",
                           "[[]",
                           "[1}",
                           R"({"a"::1})",
                           R"({"a":1:2})",
                           "[:]",
                           "[,]",
                           R"({"a" 1})",
                           "[\xC2\xA0]",
                           "[1]\f",
                           R"({[]:1})",
                           "[[],{},[}]]"}) {
    INFO(body);
    CHECK_FALSE(takes(body));
  }
}

TEST_CASE("a megabyte of text is taken and its reader is not kept", "[json]") {
  const auto text = std::string(1 << 20, 'x');
  CHECK(takes("[\"" + text + "\"]"));
  CHECK(takes("{\"" + text + "\":1}"));
  CHECK_FALSE(takes("{\"" + text + "\":1,\"" + text + "\":1}"));
}

TEST_CASE("a body is not moved when it has room for padding", "[json]") {
  std::string body = R"({"model":"m"})";
  body.reserve(body.size() + caisson::protocol::json::padding);
  const auto* before = body.data();
  strict_reader reader;
  REQUIRE_FALSE(reader.read(body));
  CHECK(body.data() == before);
}

TEST_CASE("a checked object can be read again and again", "[json]") {
  std::string body = R"({"a":"x","b":2})";
  std::string other = R"({"a":"other"})";
  strict_reader reader;
  REQUIRE_FALSE(reader.read(body));
  CHECK(reader.is_object());
  // A second reader on the same thread has a parser of its own.
  strict_reader second;
  REQUIRE_FALSE(second.read(other));
  for (int i = 0; i < 3; ++i) {
    auto object = reader.object();
    std::string_view text;
    REQUIRE_FALSE(object["a"].get_string().get(text));
    CHECK(text == "x");
  }
  std::string list = "[{}]";
  REQUIRE_FALSE(reader.read(list));
  CHECK_FALSE(reader.is_object());
}

TEST_CASE("a reader goes on after a body that it refused", "[json]") {
  strict_reader reader;
  for (int i = 0; i < 3; ++i) {
    std::string bad = R"({"a":{"b":[1,2,{"c":1,"c":2}]}})";
    CHECK(reader.read(bad));
    std::string good = R"({"c":{"b":[1,2,{"a":1,"c":2}]}})";
    CHECK_FALSE(reader.read(good));
  }
}
