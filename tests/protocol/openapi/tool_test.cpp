#include "protocol/openapi/tool.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "protocol/openapi/document.hpp"
#include "tests/protocol/openapi/shop.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::openapi;
namespace bj = boost::json;

namespace {

bj::value tool(const std::string& name) {
  const auto all = *read_document(shop());
  for (auto& one : all.operations)
    if (one.name == name)
      return bj::parse(one.definition);
  FAIL("no tool " << name);
  return {};
}

} // namespace

TEST_CASE("a tool goes by its operation's id, else by verb and path") {
  CHECK(tool_name("getItem", "GET", "/x") == "getItem");
  CHECK(tool_name("items/get all", "GET", "/x") == "items_get_all");
  CHECK(tool_name("", "GET", "/items/{id}/parts") == "get_items_id_parts");
  CHECK(tool_name("", "DELETE", "/") == "delete");
  CHECK(tool_name("", "GET", "/a-b.c/") == "get_a-b.c");
  CHECK(tool_name("\xc3\xa4", "GET", "/x") == "_");
  CHECK(tool_name(std::string(100, 'a'), "GET", "/") == std::string(64, 'a'));
}

TEST_CASE("a tool has each parameter by its argument, and the body as one") {
  CHECK(tool("getItem").at("inputSchema") == bj::parse(R"({
    "type":"object",
    "properties":{
      "id":{"type":"integer","description":"Which one."},
      "fields":{"type":"array","items":{"type":"string"}}},
    "required":["id"],"additionalProperties":false})"));
  CHECK(tool("setItem").at("inputSchema") == bj::parse(R"({
    "type":"object",
    "properties":{
      "id":{"type":"integer","description":"Which one."},
      "body":{"$ref":"#/$defs/Item"}},
    "required":["id","body"],"additionalProperties":false,
    "$defs":{
      "Item":{"type":"object","required":["name"],"properties":{
        "name":{"type":"string"},
        "parts":{"type":"array","items":{"$ref":"#/$defs/Item"}},
        "maker":{"$ref":"#/$defs/The~1Maker"}}},
      "The/Maker":{"type":"object"}}})"));
}

TEST_CASE("a tool says what its operation says, or what it does") {
  CHECK(tool("getItem").at("title") == "One item");
  CHECK(tool("getItem").at("description") == "Says all about an item.");
  CHECK(tool("setItem").at("description") == "PUT /items/{id} (deprecated)");
  CHECK_FALSE(tool("setItem").as_object().contains("title"));
}

TEST_CASE("the hints of a tool follow from its verb") {
  auto hints
    = [](const std::string& name) { return tool(name).at("annotations"); };
  CHECK(hints("getItem")
        == bj::parse(R"({"readOnlyHint":true,"openWorldHint":true})"));
  CHECK(hints("setItem")
        == bj::parse(R"({"readOnlyHint":false,"destructiveHint":true,
                         "idempotentHint":true,"openWorldHint":true})"));
  CHECK(hints("delete_items_id") == hints("setItem"));
  CHECK(hints("addItem")
        == bj::parse(R"({"readOnlyHint":false,"destructiveHint":false,
                         "idempotentHint":false,"openWorldHint":true})"));
}
