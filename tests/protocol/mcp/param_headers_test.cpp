#include "protocol/mcp/param_headers.hpp"

#include <map>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

constexpr std::string_view schema = R"({"type":"object","properties":{
  "region":{"type":"string","x-mcp-header":"Region"},
  "deep":{"type":"object","properties":{
    "level":{"type":"integer","x-mcp-header":"Level"}}},
  "dry":{"type":"boolean","x-mcp-header":"Dry-Run"},
  "free":{"type":"string"}}})";

bool fit(std::string_view text) {
  return mirrored_arguments(text).has_value();
}

/// Whether a call passes with these headers.
bool passes(std::string_view arguments,
            std::map<std::string, std::string, std::less<>> headers) {
  const auto lookup
    = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto at = headers.find(name);
    return at == headers.end() ? std::nullopt
                               : std::optional<std::string_view>{at->second};
  };
  const auto refusal
    = check_param_headers(*mirrored_arguments(schema), arguments, lookup);
  if (refusal)
    CHECK(refusal->code == error_code::header_mismatch);
  return !refusal;
}

} // namespace

TEST_CASE("marked properties are found on their paths", "[mcp]") {
  const auto found = mirrored_arguments(schema);
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK((*found)[0].header == "Mcp-Param-Region");
  CHECK((*found)[1].path == std::vector<std::string>{"deep", "level"});
}

TEST_CASE("a schema whose marks cannot be followed is unfit", "[mcp]") {
  CHECK(fit("{}"));
  CHECK_FALSE(fit("no schema"));
  const auto marked = [](std::string type, std::string mark) {
    return R"({"properties":{"a":{"type":)" + type + R"(,"x-mcp-header":)"
           + mark + R"(},"b":{"type":"string","x-mcp-header":"Other"}}})";
  };
  CHECK(fit(marked(R"("string")", R"("A")")));
  CHECK_FALSE(fit(marked(R"("number")", R"("A")")));
  CHECK_FALSE(fit(marked(R"("object")", R"("A")")));
  CHECK_FALSE(fit(marked(R"("string")", R"("")")));
  CHECK_FALSE(fit(marked(R"("string")", R"("A B")")));
  CHECK_FALSE(fit(marked(R"("string")", "7")));
  CHECK_FALSE(fit(marked(R"("string")", R"("OTHER")")));
}

TEST_CASE("an argument and its header say the same or are both absent",
          "[mcp]") {
  CHECK(passes("", {}));
  CHECK(passes(R"({"free":"x","region":null})", {}));
  CHECK(passes(R"({"region":"eu"})", {{"Mcp-Param-Region", " eu "}}));
  CHECK(passes(R"({"region":"é"})", {{"Mcp-Param-Region", "=?base64?w6k=?="}}));
  CHECK_FALSE(passes(R"({"region":"eu"})", {}));
  CHECK_FALSE(passes(R"({"region":"eu"})", {{"Mcp-Param-Region", "EU"}}));
  CHECK_FALSE(passes("{}", {{"Mcp-Param-Region", "eu"}}));
  CHECK_FALSE(passes(R"({"region":null})", {{"Mcp-Param-Region", "eu"}}));
  CHECK_FALSE(
    passes(R"({"region":"eu"})", {{"Mcp-Param-Region", "=?base64?ZXU?="}}));
}

TEST_CASE("numbers are compared as numbers, booleans as words", "[mcp]") {
  CHECK(passes(R"({"deep":{"level":7}})", {{"Mcp-Param-Level", "7"}}));
  CHECK(passes(R"({"deep":{"level":7}})", {{"Mcp-Param-Level", "7.0"}}));
  CHECK(passes(R"({"deep":{"level":7}})", {{"Mcp-Param-Level", "007"}}));
  CHECK_FALSE(passes(R"({"deep":{"level":7}})", {{"Mcp-Param-Level", "8"}}));
  CHECK_FALSE(passes(R"({"deep":{"level":7}})", {{"Mcp-Param-Level", "7x"}}));
  CHECK_FALSE(passes(R"({"deep":{"level":7}})", {}));
  CHECK(passes(R"({"dry":true})", {{"Mcp-Param-Dry-Run", "true"}}));
  CHECK_FALSE(passes(R"({"dry":true})", {{"Mcp-Param-Dry-Run", "1"}}));
  CHECK_FALSE(passes(R"({"dry":[true]})", {{"Mcp-Param-Dry-Run", "true"}}));
}

TEST_CASE("a client says in headers what a tool mirrors", "[mcp]") {
  const auto mirrored = *mirrored_arguments(schema);
  const auto said = param_headers(
    mirrored,
    R"({"region":"\u00e9","deep":{"level":7},"dry":true,"free":"x"})");
  CHECK(said
        == header_list{{"Mcp-Param-Region", "=?base64?w6k=?="},
                       {"Mcp-Param-Level", "7"},
                       {"Mcp-Param-Dry-Run", "true"}});
  CHECK(param_headers(mirrored, R"({"region":null,"dry":[1]})").empty());
  CHECK(param_headers(mirrored, {}).empty());
  CHECK(param_headers({}, R"({"a":1})").empty());
}
