#include "protocol/openapi/references.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::openapi;
namespace bj = boost::json;

TEST_CASE("a reference leads to one place of its document, or nowhere") {
  auto root = bj::parse(R"({"a":{"b c":[1,{"d/e~":2}]},"":3,"%":4})");
  auto at = [&](std::string_view reference) {
    const auto* found = at_reference(root, reference);
    return found ? bj::serialize(*found) : "nowhere";
  };
  CHECK(at("#/a/b%20c/0") == "1");
  CHECK(at("#/a/b c/1/d~1e~0") == "2");
  CHECK(at("#/a/b%20c/1/d%7E1e~0") == "2");
  CHECK(at("#/") == "3");
  CHECK(at("#/%") == "4");
  CHECK(at("#") == bj::serialize(root));
  for (auto other : {"", "a", "#a", "#/x", "#/a/b c/2", "#/a/b c/-1",
                     "#/a/b c/0x", "#/a/b c/0/y", "other.json#/a"})
    CHECK(at(other) == "nowhere");
}

TEST_CASE("what an object refers to is found over several references, but not "
          "in a circle") {
  auto root = bj::parse(R"({"a":{"$ref":"#/b"},"b":{"$ref":"#/c"},
    "c":{"x":1},"d":{"$ref":"#/e"},"e":{"$ref":"#/d"},"f":{"$ref":"#/g"},
    "h":5,"i":{"$ref":"#/h"}})");
  auto& all = root.as_object();
  CHECK(resolved(root, all["a"]) == &all["c"].as_object());
  CHECK(resolved(root, all["c"]) == &all["c"].as_object());
  for (auto lost : {"d", "f", "h", "i"})
    CHECK(resolved(root, all[lost]) == nullptr);
}

TEST_CASE("what is asked of an object by name and type is that or absent") {
  auto of = bj::parse(R"({"o":{},"a":[],"t":"x","f":true})").as_object();
  CHECK(object_in(of, "o") != nullptr);
  CHECK(object_in(of, "a") == nullptr);
  CHECK(object_in(of, "z") == nullptr);
  CHECK(array_in(of, "a") != nullptr);
  CHECK(array_in(of, "o") == nullptr);
  CHECK(text_in(of, "t") == "x");
  CHECK(text_in(of, "f").empty());
  CHECK(flag_in(of, "f", false));
  CHECK(flag_in(of, "t", true));
  CHECK_FALSE(flag_in(of, "z", false));
}
