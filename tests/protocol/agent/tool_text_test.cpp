#include "protocol/agent/tool_text.hpp"

#include "tests/support/catch.hpp"

using caisson::protocol::words_of;

TEST_CASE("a model reads the texts of a result", "[agent]") {
  auto words
    = words_of(R"({"content":[{"type":"text","text":"one \"1\""},)"
               R"({"type":"text","text":"two"}],"structuredContent":{"a":1}})");
  CHECK(words.text == "one \"1\"\ntwo");
  CHECK_FALSE(words.failed);
}

TEST_CASE("of a result without texts a model reads what is structured",
          "[agent]") {
  CHECK(words_of(R"({"content":[],"structuredContent":{"a":1}})").text
        == R"({"a":1})");
  CHECK(words_of(R"({"structuredContent":{"a":1}})").text == R"({"a":1})");
  CHECK(words_of("{}").text.empty());
}

TEST_CASE("of what is no text a model hears that it is there", "[agent]") {
  CHECK(
    words_of(
      R"({"content":[{"type":"image","data":"AAAA","mimeType":"image/png"},)"
      R"({"type":"resource","resource":{"uri":"a://b","text":"inside"}},)"
      R"({"type":"resource","resource":{"uri":"a://c","blob":"AAAA"}},)"
      R"({"type":"resource_link","uri":"a://d","name":"d"}]})")
      .text
    == "[image]\ninside\n[a://c]\n[a://d]");
}

TEST_CASE("a result that says that it failed has failed", "[agent]") {
  auto words
    = words_of(R"({"content":[{"type":"text","text":"no"}],"isError":true})");
  CHECK(words.failed);
  CHECK(words.text == "no");
}
