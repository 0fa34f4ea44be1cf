#include "protocol/openapi/document.hpp"

#include <algorithm>

#include "tests/protocol/openapi/shop.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::openapi;

namespace {

api read(const std::string& text) {
  auto found = read_document(text);
  REQUIRE(found.has_value());
  return *found;
}

std::string with_path(const std::string& path, const std::string& item) {
  return R"({"openapi":"3.0.3","paths":{")" + path + "\":" + item + "}}";
}

std::string why(const std::string& text) {
  auto found = read_document(text);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == errc::config_invalid);
  return found.error().detail;
}

} // namespace

TEST_CASE("each operation of a description is one, in its order") {
  auto shop_api = read(shop());
  std::vector<std::string> names;
  for (auto& one : shop_api.operations)
    names.push_back(one.verb + ' ' + one.path + ' ' + one.name);
  CHECK(names
        == std::vector<std::string>{
          "GET /items/{id} getItem", "PUT /items/{id} setItem",
          "DELETE /items/{id} delete_items_id", "GET /items list_items",
          "POST /items addItem", "GET /twins/{name} twins"});
}

TEST_CASE("what cannot be a tool is left out, and its reason is told") {
  CHECK(read(shop()).left_out
        == std::vector<std::string>{
          "POST /pictures: its body is neither JSON, a form nor text"});
  auto left = [](const std::string& path, const std::string& item) {
    auto made = R"({"openapi":"3.0.3","paths":{"/ok":{"get":{}},")" + path
                + "\":" + item + "}}";
    auto found = read(made);
    CHECK(found.operations.size() == 1);
    return found.left_out.empty() ? "" : found.left_out.front();
  };
  CHECK(left("no", R"({"get":{}})")
        == "GET no: its path does not begin with /");
  CHECK(left("/a/{b}", R"({"get":{}})")
        == "GET /a/{b}: its path names a parameter that is none");
  CHECK(left("/a", R"({"get":{"parameters":[{"in":"query"}]}})")
        == "GET /a: a parameter of it has no name");
  CHECK(left("/a", R"({"get":{"parameters":[{"in":"cookie","name":"c",
                      "required":true}]}})")
        == "GET /a: it needs a cookie");
  CHECK(left("/a", R"({"get":{"parameters":[{"in":"query","name":"c",
                      "required":true,"content":{}}]}})")
        == "GET /a: a parameter of it is no plain value");
}

TEST_CASE("parameters of the path hold for each of its operations, which may "
          "say them anew") {
  auto found = read(with_path("/a", R"({"parameters":[
    {"name":"p","in":"query","required":true},{"name":"q","in":"query"}],
    "get":{"parameters":[{"name":"p","in":"query","style":"pipeDelimited"}]}})"));
  auto& of = found.operations.front().parameters;
  REQUIRE(of.size() == 2);
  CHECK(of[0].name == "p");
  CHECK_FALSE(of[0].required);
  CHECK(of[0].how == style::pipes);
  CHECK_FALSE(of[0].explode);
  CHECK(of[1].how == style::form);
  CHECK(of[1].explode);
}

TEST_CASE("twins in two places are told apart by their places") {
  auto twins = read(shop()).operations.back();
  REQUIRE(twins.parameters.size() == 2);
  CHECK(twins.parameters[0].argument == "name");
  CHECK(twins.parameters[1].argument == "name_in_query");
}

TEST_CASE("headers that whoever sends a request says are no parameters") {
  const auto shop_api = read(shop());
  for (auto& one : shop_api.operations)
    if (one.name == "list_items")
      for (auto& parameter : one.parameters)
        CHECK(parameter.name != "Accept");
  auto found = read(with_path("/a", R"({"get":{"parameters":[
    {"name":"authorization","in":"header","required":true},
    {"name":"CONTENT-TYPE","in":"header"},{"name":"X","in":"header"}]}})"));
  REQUIRE(found.operations.size() == 1);
  REQUIRE(found.operations.front().parameters.size() == 1);
  CHECK(found.operations.front().parameters.front().name == "X");
}

TEST_CASE("two operations of one name are two tools") {
  auto found = read(R"({"openapi":"3.0.0","paths":{"/a":{
    "get":{"operationId":"x"},"put":{"operationId":"x"}}}})");
  CHECK(found.operations[0].name == "x");
  CHECK(found.operations[1].name == "x_2");
}

TEST_CASE("the body is JSON where it may be, else a form, else text") {
  auto body = [](const std::string& content) {
    auto found = read(with_path("/a", R"({"post":{"requestBody":{"content":{)"
                                        + content + "}}}}"));
    auto& one = found.operations.front();
    return std::pair{one.body, one.media_type};
  };
  using std::pair;
  CHECK(body(R"("text/plain":{},"application/merge-patch+json":{})")
        == pair{body_kind::json, std::string{"application/merge-patch+json"}});
  CHECK(
    body(R"("text/plain":{},"application/x-www-form-urlencoded":{})")
    == pair{body_kind::form, std::string{"application/x-www-form-urlencoded"}});
  CHECK(body(R"("text/csv":{})")
        == pair{body_kind::text, std::string{"text/csv"}});
  CHECK(body(R"("*/*":{})")
        == pair{body_kind::json, std::string{"application/json"}});
  CHECK(body(R"("image/png":{})") == pair{body_kind::none, std::string{}});
}

TEST_CASE("who asks is shown as the first scheme says that a key satisfies") {
  auto shown = [](const std::string& scheme) {
    return read(R"({"openapi":"3.0.0","paths":{"/a":{"get":{}}},"components":{
                "securitySchemes":{"a":)"
                + scheme + "}}}")
      .shown;
  };
  CHECK(read(shop()).shown.how == credential::way::header);
  CHECK(read(shop()).shown.name == "X-Key");
  CHECK(shown(R"({"type":"http","scheme":"basic"})").how
        == credential::way::basic);
  CHECK(shown(R"({"type":"http","scheme":"bearer"})").how
        == credential::way::bearer);
  CHECK(shown(R"({"type":"apiKey","in":"query","name":"k"})").how
        == credential::way::query);
  CHECK(shown(R"({"type":"mutualTLS"})").how == credential::way::bearer);
}

TEST_CASE("what is no description says so") {
  CHECK(why("{") == "the description is no JSON");
  for (auto text : {"[]", "{}", R"({"swagger":"2.0"})", R"({"openapi":3})",
                    R"({"openapi":"4.0.0"})"})
    CHECK(why(text) == "the description is not of OpenAPI 3.0 or 3.1");
  CHECK(why(R"({"openapi":"3.0.0","paths":{}})")
        == "the description has no operation that can be a tool");
  CHECK(why(R"({"openapi":"3.0.0","paths":{"/a":{"$ref":"#/paths/~1a"}}})")
        == "the description has no operation that can be a tool");
  CHECK(why(std::string(largest_document + 1, ' '))
        == "the description is larger than 16 MiB");
}

TEST_CASE("operations beyond the most are left out") {
  std::string paths;
  for (std::size_t i = 0; i <= most_operations; ++i)
    paths += (i ? ",\"/" : "\"/") + std::to_string(i) + R"(":{"get":{}})";
  auto found = read(R"({"openapi":"3.0.0","paths":{)" + paths + "}}");
  CHECK(found.operations.size() == most_operations);
  CHECK(found.left_out.size() == 1);
}
