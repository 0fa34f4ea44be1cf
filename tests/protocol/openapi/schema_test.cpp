#include "protocol/openapi/schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/protocol/openapi/shop.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::openapi;
namespace bj = boost::json;

namespace {

/// Written, with what it refers to, of a description with these schemas.
std::string written(const std::string& schema,
                    const std::string& schemas = "{}") {
  auto root = bj::parse(R"({"components":{"schemas":)" + schemas + "}}");
  schema_writer writer{root};
  auto made = writer.write(bj::parse(schema));
  auto used = writer.definitions();
  return bj::serialize(made) + (used.empty() ? "" : bj::serialize(used));
}

} // namespace

TEST_CASE("a schema of JSON Schema stays what it is") {
  for (auto same :
       {R"({"type":"string","minLength":1})", "true", "false",
        R"({"anyOf":[{"type":"null"},{"const":1}],"not":{"enum":[2]}})",
        R"({"properties":{"nullable":{"type":"boolean"},"xml":{}}})",
        R"({"minimum":1,"exclusiveMinimum":0})"})
    CHECK(written(same) == same);
}

TEST_CASE("what only documents is left out, at every depth") {
  CHECK(written(R"({"xml":{},"example":1,"x-y":2,"items":{"discriminator":{}},
                    "allOf":[{"externalDocs":{}}],
                    "properties":{"a":{"x-z":1}}})")
        == R"({"items":{},"allOf":[{}],"properties":{"a":{}}})");
}

TEST_CASE("what may be null in 3.0 may be in JSON Schema") {
  CHECK(written(R"({"type":"string","nullable":true})")
        == R"({"type":["string","null"]})");
  CHECK(written(R"({"type":"string","nullable":false})")
        == R"({"type":"string"})");
  CHECK(written(R"({"type":"string","nullable":true,"enum":["a"]})")
        == R"({"type":["string","null"],"enum":["a",null]})");
  CHECK(written(R"({"allOf":[{}],"nullable":true})")
        == R"({"anyOf":[{"allOf":[{}]},{"type":"null"}]})");
}

TEST_CASE("bounds that 3.0 excludes are excluded") {
  CHECK(written(R"({"minimum":1,"exclusiveMinimum":true,"maximum":5,
                    "exclusiveMaximum":false})")
        == R"({"exclusiveMinimum":1,"maximum":5})");
}

TEST_CASE("what is referred to stands in the definitions, once") {
  CHECK(written(R"({"allOf":[{"$ref":"#/components/schemas/A"},
                             {"$ref":"#/components/schemas/A"}]})",
                R"({"A":{"items":{"$ref":"#/components/schemas/A"}},"B":{}})")
        == R"({"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}]})"
           R"({"A":{"items":{"$ref":"#/$defs/A"}}})");
  // The key is what the step of the pointer means.
  CHECK(written(R"({"$ref":"#/components/schemas/The~1Maker"})",
                R"({"The/Maker":{}})")
        == R"({"$ref":"#/$defs/The~1Maker"}{"The/Maker":{}})");
}

TEST_CASE("a reference that leads nowhere allows anything") {
  for (auto lost : {R"({"$ref":"#/components/schemas/None"})",
                    R"({"$ref":"other.json#/A"})", R"({"$ref":"#/paths"})",
                    R"({"$ref":"#/components/schemas/A/items"})", "5", "null"})
    CHECK(written(lost, R"({"A":{"items":{}}})") == "{}");
}

TEST_CASE("what is nested too deep allows anything") {
  std::string deep = "{}";
  for (auto i = 0; i < 100; ++i)
    deep = R"({"not":)" + deep + "}";
  bj::parse_options options;
  options.max_depth = 200;
  bj::value root = bj::object{};
  auto made
    = bj::serialize(schema_writer{root}.write(bj::parse(deep, {}, options)));
  CHECK(made.size() < deep.size());
  CHECK(made.starts_with(R"({"not":{"not":)"));
}
