#include "protocol/openapi/request.hpp"

#include <algorithm>

#include "protocol/openapi/document.hpp"
#include "tests/protocol/openapi/shop.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
using namespace caisson::protocol::openapi;

namespace {

const operation& of_shop(const std::string& name) {
  static const auto all = *read_document(shop());
  return *std::find_if(all.operations.begin(), all.operations.end(),
                       [&](auto& one) { return one.name == name; });
}

upstream_request asked(const std::string& name, std::string_view arguments,
                       const credential& shown = {},
                       std::string_view key = {}) {
  auto made = write_request(of_shop(name), arguments, shown, key);
  REQUIRE(made.has_value());
  return *made;
}

std::string target(const std::string& name, std::string_view arguments) {
  return asked(name, arguments).target;
}

std::string why(const std::string& name, std::string_view arguments) {
  auto made = write_request(of_shop(name), arguments, {}, {});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == errc::validation_constraint);
  return made.error().detail;
}

std::string body(const upstream_request& of) {
  std::string all;
  for (auto piece : of.body)
    all += piece;
  return all;
}

/// An operation with one parameter in the query.
std::string query(style how, bool explode, std::string_view value) {
  operation one;
  one.verb = "GET";
  one.path = "/";
  one.parameters = {{"p", "p", place::query, how, explode, false}};
  auto made = write_request(one, R"({"p":)" + std::string{value} + "}", {}, {});
  REQUIRE(made.has_value());
  return made->target;
}

} // namespace

TEST_CASE("arguments stand where the description says") {
  CHECK(target("getItem", R"({"id":7})") == "/items/7");
  CHECK(target("getItem", R"({"id":7,"fields":["a","b&c"]})")
        == "/items/7?fields=a&fields=b%26c");
  CHECK(target("list_items", R"({"tag":["a","b c"],"near":{"x":1,"y":true}})")
        == "/items?tag=a,b%20c&near%5Bx%5D=1&near%5By%5D=true");
  CHECK(asked("list_items", R"({"X-Shop":"here"})").fields
        == "Accept: application/json, */*;q=0.5\r\nX-Shop: here\r\n");
  CHECK(target("twins", R"({"name":"a","name_in_query":"b"})")
        == "/twins/a?name=b");
  CHECK(asked("getItem", R"({"id":7})").verb == "GET");
  CHECK(asked("delete_items_id", R"({"id":7})").verb == "DELETE");
}

TEST_CASE("values are written as their styles say") {
  CHECK(query(style::form, true, R"(["a","b"])") == "/?p=a&p=b");
  CHECK(query(style::form, false, R"(["a","b"])") == "/?p=a,b");
  CHECK(query(style::spaces, false, R"(["a","b"])") == "/?p=a%20b");
  CHECK(query(style::pipes, false, R"(["a","b"])") == "/?p=a%7Cb");
  CHECK(query(style::form, true, R"({"x":1,"y":2})") == "/?x=1&y=2");
  CHECK(query(style::form, false, R"({"x":1,"y":2})") == "/?p=x,1,y,2");
  CHECK(query(style::deep, true, R"({"x":1})") == "/?p%5Bx%5D=1");
  CHECK(query(style::form, true, "true") == "/?p=true");
  CHECK(query(style::form, true, "null") == "/");
  CHECK(query(style::form, true, R"("ä")") == "/?p=%C3%A4");
}

TEST_CASE("no value leaves its place in a path") {
  CHECK(target("getItem", R"({"id":"a/../b?c#d"})")
        == "/items/a%2F..%2Fb%3Fc%23d");
  CHECK(target("getItem", R"({"id":"{id}"})") == "/items/%7Bid%7D");
  for (auto bad :
       {R"({"id":""})", R"({"id":"."})", R"({"id":".."})", R"({"id":[]})"})
    CHECK(why("getItem", bad) == "the argument id cannot stand in a path");
  CHECK(why("list_items", R"({"X-Shop":"a\r\nX-Evil: b"})")
        == "the argument X-Shop cannot stand in a header");
}

TEST_CASE("a body is JSON, a form or text") {
  auto put = asked("setItem", R"({"id":1,"body":{"name":"a","n":[1,2]}})");
  CHECK(put.verb == "PUT");
  CHECK(body(put) == R"({"name":"a","n":[1,2]})");
  CHECK(put.fields.ends_with("Content-Type: application/json\r\n"));
  auto form = asked("addItem", R"({"body":{"a":"b c","d":[1,2]}})");
  CHECK(body(form) == "a=b%20c&d=1&d=2");
  CHECK(body(asked("addItem", "{}")).empty());
  CHECK(why("addItem", R"({"body":[1]})") == "the argument body is no object");
  auto text = of_shop("addItem");
  text.body = body_kind::text;
  CHECK(body(*write_request(text, R"({"body":"a\nb"})", {}, {})) == "a\nb");
}

TEST_CASE("what is wrong with arguments is told to whoever called") {
  CHECK(why("getItem", "{}") == "the argument id is missing");
  CHECK(why("getItem", "") == "the argument id is missing");
  CHECK(why("getItem", R"({"id":null})") == "the argument id is missing");
  CHECK(why("setItem", R"({"id":1})") == "the argument body is missing");
  CHECK(why("getItem", R"({"id":1,"colour":2})")
        == "the argument colour is none of this tool");
  CHECK(why("getItem", "[]") == "the arguments are no object");
}

TEST_CASE("a key is shown as the API wants it") {
  auto shown = [](credential how) {
    return asked("getItem", R"({"id":1})", how, "k:y");
  };
  using way = credential::way;
  CHECK(
    shown({way::bearer, ""}).fields.ends_with("Authorization: Bearer k:y\r\n"));
  CHECK(
    shown({way::basic, ""}).fields.ends_with("Authorization: Basic azp5\r\n"));
  CHECK(shown({way::header, "X-Key"}).fields.ends_with("X-Key: k:y\r\n"));
  CHECK(shown({way::query, "key"}).target == "/items/1?key=k%3Ay");
  CHECK(asked("getItem", R"({"id":1})", {way::header, "X-Key"}, "")
          .fields.find("X-Key")
        == std::string::npos);
}
