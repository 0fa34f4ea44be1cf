#include "protocol/mcp/agent_tool.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

std::string flaw(std::string_view arguments) {
  auto read = read_agent_wish(arguments);
  auto* found = std::get_if<std::string>(&read);
  return found ? *found : "";
}

agent_wish wish(std::string_view arguments) {
  auto read = read_agent_wish(arguments);
  REQUIRE(std::holds_alternative<agent_wish>(read));
  return std::get<agent_wish>(read);
}

std::string message_of(std::string_view text) {
  return R"({"message":")" + std::string{text} + "\"}";
}

agent_answer an_answer() {
  agent_answer made;
  made.text = "the answer";
  made.how.steps = 2;
  made.how.tokens = {30, 12, 0, true};
  made.how.deeds
    = {{{"id", "read", R"({"a":1})"}, false}, {{"id", "write", "{}"}, true}};
  return made;
}

} // namespace

TEST_CASE("the tool says what it takes, gives and does", "[mcp]") {
  const auto offer = agent_chat_offer();
  const auto read = bj::parse(offer.definition);
  CHECK(read.at("name").as_string() == agent_chat_name);
  CHECK(read.at("title").as_string() == offer.title);
  CHECK(read.at("description").as_string() == offer.description);
  CHECK(read.at("inputSchema").at("properties").at("message").at("maxLength")
        == 10'000);
  CHECK(read.at("annotations").at("readOnlyHint") == false);
  CHECK(read.at("annotations").at("openWorldHint") == true);
}

TEST_CASE("a wish is a message, perhaps in a thread, perhaps in detail",
          "[mcp]") {
  auto plain = wish(message_of("hello"));
  CHECK(plain.message == "hello");
  CHECK(plain.thread.empty());
  CHECK(plain.concise);
  auto all
    = wish(R"({"message":"m","thread":"t","response_format":"detailed"})");
  CHECK(all.thread == "t");
  CHECK_FALSE(all.concise);
}

TEST_CASE("a message has 1 to 10 000 characters, however many bytes", "[mcp]") {
  std::string umlauts;
  for (int i = 0; i < 10'000; ++i)
    umlauts += "ü";
  CHECK(flaw(message_of(umlauts)).empty());
  CHECK(flaw(message_of(umlauts + "x"))
        == "message must be a string of 1 to 10000 characters.");
  CHECK(flaw(message_of(""))
        == "message must be a string of 1 to 10000 characters.");
}

TEST_CASE("what is wrong with a message to the agent is said", "[mcp]") {
  CHECK(flaw("") == "message is required.");
  CHECK(flaw(R"({"thread":"t"})") == "message is required.");
  CHECK(flaw(R"({"message":"m","thread":7})")
        == "thread must be a string of 1 to 64 characters.");
  CHECK(flaw(R"({"message":"m","response_format":"short"})")
        == "response_format must be concise or detailed.");
  CHECK(flaw(R"({"message":"m","model":"x"})")
        == "there are no arguments but message, thread and response_format.");
}

TEST_CASE("a conversation is called after its first words", "[mcp]") {
  CHECK(title_of("short\nand good") == "short and good");
  std::string words;
  for (int i = 0; i < 40; ++i)
    words += "word ";
  auto title = title_of(words);
  CHECK(title.size() < 90);
  CHECK(title.ends_with("word…"));
  // No character is cut in two.
  std::string umlauts;
  for (int i = 0; i < 100; ++i)
    umlauts += "ü";
  CHECK(title_of("x" + umlauts).ends_with("ü…"));
}

TEST_CASE("a concise result is the answer, a detailed one how it came",
          "[mcp]") {
  agent_wish what;
  auto read = bj::parse(agent_result(what, "t", an_answer()).members);
  CHECK(read.at("content").at(0).at("text") == "the answer");
  auto& brief = read.at("structuredContent").as_object();
  CHECK(brief.at("thread") == "t");
  CHECK(brief.at("answer") == "the answer");
  CHECK(brief.at("kept") == true);
  CHECK(brief.size() == 3);
  what.concise = false;
  auto full = bj::parse(agent_result(what, "t", an_answer()).members)
                .at("structuredContent");
  CHECK(full.at("steps") == 2);
  CHECK(full.at("tokens").at("output") == 12);
  CHECK(full.at("tools").at(1).at("name") == "write");
  CHECK(full.at("tools").at(1).at("failed") == true);
}

TEST_CASE("an answer that could not be kept says so", "[mcp]") {
  auto said = an_answer();
  said.unkept = make_fault(errc::storage_backend, "the database is full");
  auto read = bj::parse(agent_result({}, "t", said).members);
  CHECK(read.at("structuredContent").at("kept") == false);
}

TEST_CASE("a failure says how far the agent had come", "[mcp]") {
  auto text = [](const tool_result& how) {
    CHECK(how.failed);
    return std::string{
      bj::parse(how.members).at("content").at(0).at("text").as_string()};
  };
  auto why = make_fault(errc::llm_unavailable, "");
  CHECK(text(agent_failure(why, {1, {}, {}}))
        == "The provider is not available. Ask again in 1 s. "
           "(external.llm.unavailable)");
  CHECK(text(agent_failure(why, an_answer().how))
        == "The agent gave up in step 2, after 2 calls of tools: read, write. "
           "The provider is not available. Ask again in 1 s. "
           "(external.llm.unavailable)");
}

TEST_CASE("steps are told in words", "[mcp]") {
  CHECK(sentence_of_step(2u) == "Asking the model, step 2");
  CHECK(sentence_of_step({{"1", "read", ""}, {"2", "write", ""}})
        == "Calling read, write");
}
