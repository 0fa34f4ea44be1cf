#include "protocol/mcp/completion.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

constexpr auto prompt = R"({"ref":{"type":"ref/prompt","name":"review"},)"
                        R"("argument":{"name":"language","value":"c"}})";

} // namespace

TEST_CASE("a wish names what is to be completed", "[mcp]") {
  const auto wish = read_completion(prompt);
  REQUIRE(wish.has_value());
  CHECK(wish->of == completion_wish::target::prompt);
  CHECK(wish->name == "review");
  CHECK(wish->argument == "language");
  CHECK(wish->value == "c");
  const auto other
    = read_completion(R"({"ref":{"type":"ref/resource","uri":"a://{b}"},)"
                      R"("argument":{"name":"b","value":""}})");
  REQUIRE(other.has_value());
  CHECK(other->of == completion_wish::target::resource_template);
  CHECK(other->name == "a://{b}");
}

TEST_CASE("a wish of another shape is refused", "[mcp]") {
  for (const auto* params :
       {"", "{}", "[]", R"({"ref":{}})", R"({"ref":{"type":"ref/tool"}})",
        R"({"ref":{"type":"ref/prompt"},"argument":{"name":"a","value":""}})",
        R"({"ref":{"type":"ref/prompt","name":"a"}})",
        R"({"ref":{"type":"ref/prompt","name":"a"},"argument":{"name":"a"}})",
        R"({"ref":{"type":"ref/prompt","name":1},)"
        R"("argument":{"name":"a","value":""}})"}) {
    const auto wish = read_completion(params);
    INFO(params);
    REQUIRE(wish.has_error());
    CHECK(wish.error().code == error_code::invalid_params);
  }
}

TEST_CASE("values are proposed by their beginnings", "[mcp]") {
  CHECK(write_completion({"c", "c++", "go"}, "C")
        == R"({"completion":{"values":["c","c++"],"total":2,)"
           R"("hasMore":false}})");
  CHECK(write_completion({"go"}, "golang")
        == R"({"completion":{"values":[],"total":0,"hasMore":false}})");
  const auto many = write_completion(
    std::vector<std::string_view>(most_completions + 1, "x"), "");
  CHECK(many.find(R"("total":101,"hasMore":true)") != many.npos);
  CHECK(std::count(many.begin(), many.end(), 'x') == 100);
}
