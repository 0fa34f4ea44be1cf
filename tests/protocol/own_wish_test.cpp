#include "protocol/own_wish.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/fronts/front.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;

namespace {

constexpr std::string_view messages
  = R"("messages":[{"role":"user","content":"\"cache\":true"}])";

std::shared_ptr<const chat_request> read(std::string body) {
  auto made = chat_request::read(std::move(body));
  if (!made)
    FAIL(made.error().detail);
  return *made;
}

/// `X` stands for the list of messages.
std::string with_messages(std::string text) {
  return text.replace(text.find('X'), 1, messages);
}

} // namespace

TEST_CASE("the wish is read, and cut out wherever it stands", "[own_wish]") {
  struct row {
    std::string said, left;
  };
  const auto rows = {
    row{R"({"cache":true,"model":"m",X})", R"({"model":"m",X})"},
    row{R"({"model":"m","cache" : false , X})", R"({"model":"m",X})"},
    row{R"({"model":"m",X,"cache":true})", R"({"model":"m",X})"},
    row{R"({ "model":"m",X , "cache":true })", R"({ "model":"m",X  })"},
    row{R"({"model":"m","c\u0061che":true,X})", R"({"model":"m",X})"},
  };
  for (auto& one : rows) {
    INFO(one.said);
    auto made = read(with_messages(one.said));
    CHECK(made->body() == with_messages(one.left));
    CHECK(made->cache_wish()
          == (one.said.find("true,") != std::string::npos
              || one.said.find(":true") != std::string::npos));
    auto token = made->body().substr(made->model_begin(),
                                     made->model_end() - made->model_begin());
    CHECK(token == R"("m")");
  }
}

TEST_CASE("what requests have in common is found beside the wish",
          "[own_wish]") {
  constexpr std::string_view head
    = R"("model":"m","messages":[{"role":"system","content":"s"},)"
      R"({"role":"user","content":"u"}])";
  constexpr std::string_view tools
    = R"("tools":[{"type":"function","function":{"name":"f"}}])";
  for (auto [before, between, after] :
       {std::tuple{"\"cache\":true,", "", ""},
        std::tuple{"", "\"cache\":true,", ""},
        std::tuple{"", "", ",\"cache\":true"}}) {
    std::string body{"{"};
    ((((((body += before) += head) += ",") += between) += tools) += after)
      += "}";
    INFO(body);
    auto made = read(body);
    CHECK(made->opening() == R"({"role":"system","content":"s"},)");
    CHECK(made->tools() == tools.substr(tools.find('[')));
  }
}

TEST_CASE("what is no wish of ours stays as it is", "[own_wish]") {
  for (auto value : {R"({"ttl":5})", "null", "1", R"("on")", "[]"}) {
    auto body
      = with_messages(std::string{R"({"model":"m","cache":)"} + value + ",X}");
    auto made = read(body);
    CHECK(made->body() == body);
    CHECK_FALSE(made->cache_wish());
  }
}

TEST_CASE("clients of Anthropic's dialect may wish too", "[own_wish]") {
  auto made
    = front_of(wire::anthropic)
        .read(with_messages(R"({"cache":true,"model":"m","max_tokens":5,X})"),
              "");
  REQUIRE(made.has_value());
  auto& request = **made;
  CHECK(request.cache_wish() == true);
  REQUIRE(request.origin());
  auto& origin = *request.origin();
  CHECK(origin.original == with_messages(R"({"model":"m","max_tokens":5,X})"));
  CHECK(origin.original.substr(origin.model_begin, 3) == R"("m")");
}
