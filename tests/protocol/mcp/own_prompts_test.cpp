#include "protocol/mcp/own_prompts.hpp"

#include <boost/json/parse.hpp>

#include "protocol/json/strict.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

std::string text_of(std::string_view name, std::string_view arguments) {
  const auto got = get_own_prompt(name, arguments);
  REQUIRE(got.has_value());
  const auto read = boost::json::parse(*got);
  CHECK(read.at("messages").as_array().size() == 1);
  return std::string{
    read.at("messages").at(0).at("content").at("text").as_string()};
}

} // namespace

TEST_CASE("the prompts are listed with what they take", "[mcp]") {
  std::vector<std::string> names;
  for (const auto& one : own_prompts()) {
    names.push_back(one.name);
    const auto read = boost::json::parse(one.definition);
    CHECK(read.at("name") == boost::json::string{one.name});
    CHECK(read.at("arguments").at(0).at("required").as_bool()
          == (one.name != "summarize_conversation"));
    CHECK_FALSE(read.at("description").as_string().empty());
  }
  CHECK(names
        == std::vector<std::string>{"code_review", "summarize_conversation",
                                    "debug_error"});
}

TEST_CASE("what a client gives stands in the prompt, marked as its", "[mcp]") {
  const auto review
    = text_of("code_review", R"({"code":"x = \"1\"","language":"python",)"
                             R"("focus":"security"})");
  CHECK(review.find("<code>\nx = \"1\"\n</code>") != review.npos);
  CHECK(review.find("written in python") != review.npos);
  CHECK(review.find("above all at security") != review.npos);
  const auto bullets = text_of("summarize_conversation",
                               R"({"conversation":"a","style":"bullets"})");
  CHECK(bullets.find("list of its points") != bullets.npos);
  const auto error
    = text_of("debug_error", R"({"error":"E1","code":"f","tried":"t"
})");
  for (auto part : {"<error>\nE1", "<code>\nf", "<tried>\nt"})
    CHECK(error.find(part) != error.npos);
}

TEST_CASE("a prompt without what it needs is refused", "[mcp]") {
  for (auto [name, arguments] :
       {std::pair{"code_review", ""}, std::pair{"code_review", "{}"},
        std::pair{"code_review", R"({"code":""})"},
        std::pair{"code_review", R"({"code":1})"},
        std::pair{"summarize_conversation", "{}"},
        std::pair{"summarize_conversation",
                  R"({"conversation":"x","thread":"t"})"},
        std::pair{"summarize_conversation", R"({"thread":"t"})"},
        std::pair{"nonsense", R"({"code":"x"})"}}) {
    const auto got = get_own_prompt(name, arguments);
    INFO(name << ' ' << arguments);
    REQUIRE(got.has_error());
    CHECK(got.error().code == error_code::invalid_params);
  }
}

TEST_CASE("values are known for some arguments, and none for others", "[mcp]") {
  CHECK_FALSE(own_prompt_values("code_review", "language")->empty());
  CHECK(own_prompt_values("code_review", "code")->empty());
  CHECK_FALSE(own_prompt_values("code_review", "nonsense"));
  CHECK_FALSE(own_prompt_values("nonsense", "code"));
}

TEST_CASE("a summary of a thread is made of what was said in it", "[mcp]") {
  const auto about = summary_of_thread("summarize_conversation",
                                       R"({"thread":"t","style":"bullets"})");
  REQUIRE(about);
  CHECK(about->thread == "t");
  caisson::conversation_page page;
  page.of = caisson::conversation_head{"t", "title", 0, 0, 2};
  page.messages = {{caisson::author::user, "hello"},
                   {caisson::author::assistant, "good day"}};
  const auto got = write_summary(*about, page);
  REQUIRE(got.has_value());
  const auto text = std::string{boost::json::parse(*got)
                                  .at("messages")
                                  .at(0)
                                  .at("content")
                                  .at("text")
                                  .as_string()};
  CHECK(text.find("list of its points") != text.npos);
  CHECK(text.find("<conversation>\nuser: hello\n\nassistant: good day\n")
        != text.npos);
  CHECK(write_summary(*about, {}).error().code == error_code::invalid_params);
}

TEST_CASE("no other prompt is about a thread", "[mcp]") {
  CHECK_FALSE(summary_of_thread("code_review", R"({"thread":"t"})"));
  CHECK_FALSE(
    summary_of_thread("summarize_conversation", R"({"conversation":"x"})"));
  CHECK_FALSE(summary_of_thread("summarize_conversation",
                                R"({"conversation":"x","thread":"t"})"));
}
