#include "server/http/routes.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using enum http::verb;

namespace {

route_table table() {
  route_table routes;
  routes.add({get, "/models", false, "models", route::body::none, {}});
  routes.add({get, "/models/", true, "model", route::body::none, {}});
  routes.add({post, "/chat", false, "chat", route::body::json, {}});
  routes.add({post,
              "/messages",
              false,
              "messages",
              route::body::json,
              {},
              false,
              protocol::envelope::anthropic});
  return routes;
}

} // namespace

TEST_CASE("a route is found by method and path") {
  auto routes = table();
  CHECK(routes.find(post, "/chat").found->label == "chat");
  CHECK(routes.find(get, "/models").found->label == "models");
  CHECK(routes.find(get, "/models/a/b").found->label == "model");
}

TEST_CASE("HEAD is answered by what answers GET") {
  CHECK(table().find(head, "/models").found != nullptr);
  CHECK(table().find(head, "/chat").found == nullptr);
}

TEST_CASE("a known path says what it allows") {
  auto missed = table().find(get, "/chat");
  CHECK(missed.found == nullptr);
  CHECK(missed.path_known);
  CHECK(missed.allowed == "POST");
  CHECK(table().find(post, "/models").allowed == "GET, HEAD");
}

TEST_CASE("what a path's clients speak is known, whatever they ask of it") {
  using enum protocol::envelope;
  CHECK(table().find(post, "/messages").client == anthropic);
  CHECK(table().find(get, "/messages").client == anthropic);
  CHECK(table().find(post, "/messages/x").client == openai);
  CHECK(table().find(post, "/chat").client == openai);
}

TEST_CASE("what a path counts as is known, whatever is asked of it") {
  auto routes = table();
  routes.add({post,
              "/asked",
              false,
              "asked",
              route::body::json,
              {},
              false,
              protocol::envelope::openai,
              {},
              endpoint::llm});
  CHECK(routes.find(post, "/asked").limited == endpoint::llm);
  CHECK(routes.find(get, "/asked").limited == endpoint::llm);
  CHECK_FALSE(routes.find(get, "/chat").limited);
  CHECK(routes.find(get, "/nobody-s").limited == endpoint::read);
}

TEST_CASE("a prefix does not match itself, nor what merely begins alike") {
  CHECK(table().find(get, "/models/").found == nullptr);
  CHECK_FALSE(table().find(get, "/modelsx").path_known);
}

TEST_CASE("fields of a head are kept, and found whatever their case") {
  kept_fields all;
  {
    std::string text = "Mcp-Method";
    http::field_list list;
    list.push_back({text, "tools/call"});
    all.take(list);
  }
  CHECK(all.find("mcp-method") == "tools/call");
  CHECK_FALSE(all.find("mcp-name"));
}
