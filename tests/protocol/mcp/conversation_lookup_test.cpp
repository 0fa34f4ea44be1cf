// The tools that read conversations; what is told of them: also
// protocol/mcp/conversation_offers.cpp.
#include "protocol/mcp/conversation_lookup.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

template <class Question>
Question asked(std::string_view tool, std::string_view arguments) {
  auto made = read_conversation_call(tool, arguments, "me");
  if (auto* flaw = std::get_if<std::string>(&made))
    FAIL(*flaw);
  return std::get<Question>(std::get<conversation_question>(made).what);
}

std::string flaw(std::string_view tool, std::string_view arguments) {
  auto made = read_conversation_call(tool, arguments, "me");
  auto* found = std::get_if<std::string>(&made);
  return found ? *found : "";
}

bj::value told(conversation_answer what) {
  const auto how = conversation_result(what);
  CHECK_FALSE(how.failed);
  return bj::parse(how.members).at("structuredContent");
}

const conversation_head head{"t", "A title", 1'000, 1'764'288'000'123, 3};

} // namespace

TEST_CASE("both tools say what they take, give and do", "[mcp]") {
  for (const auto& one : conversation_offers()) {
    INFO(one.name);
    const auto read = bj::parse(one.definition);
    CHECK(read.at("name").as_string() == one.name);
    CHECK(read.at("title").as_string() == one.title);
    CHECK(read.at("description").as_string() == one.description);
    for (auto schema : {"inputSchema", "outputSchema"})
      CHECK(read.at(schema).at("$schema")
            == "https://json-schema.org/draft/2020-12/schema");
    CHECK(read.at("annotations").at("readOnlyHint") == true);
    CHECK(one.definition.find('@') == std::string::npos);
  }
  CHECK(conversation_offers().size() == 2);
}

TEST_CASE("a conversation is asked for by its name, for whoever asks",
          "[mcp]") {
  auto plain
    = asked<read_conversation>("conversation_get", R"({"thread":"t"})");
  CHECK(plain.which.owner == "me");
  CHECK(plain.which.thread == "t");
  CHECK(plain.from == 0u);
  CHECK(plain.limit == 50);
  auto page = asked<read_conversation>(
    "conversation_get", R"({"thread":"t","cursor":"7","limit":2})");
  CHECK(page.from == 7u);
  CHECK(page.limit == 2);
}

TEST_CASE("conversations are searched by words", "[mcp]") {
  auto all = asked<find_conversations>("conversation_search", "");
  CHECK(all.owner == "me");
  CHECK(all.words.empty());
  CHECK(all.limit == 10);
  CHECK_FALSE(all.behind);
  auto some = asked<find_conversations>(
    "conversation_search",
    R"({"query":" red\t house ","cursor":"5.6","limit":3})");
  CHECK(some.words == std::vector<std::string>{"red", "house"});
  REQUIRE(some.behind);
  CHECK(*some.behind == conversation_mark{5, 6});
  CHECK(some.limit == 3);
}

TEST_CASE("what is wrong with a search or a reading is said", "[mcp]") {
  for (auto [tool, arguments, why] : {
         std::tuple{"conversation_get", "{}", "thread is required."},
         {"conversation_get", R"({"thread":""})",
          "thread must be a string of 1 to 64 characters."},
         {"conversation_get", R"({"thread":1})",
          "thread must be a string of 1 to 64 characters."},
         {"conversation_get", R"({"thread":"t","limit":101})",
          "limit must be an integer from 1 to 100."},
         {"conversation_get", R"({"thread":"t","cursor":"-1"})",
          "cursor is none of this conversation's."},
         {"conversation_get", R"({"thread":"t","cursor":"9999999999"})",
          "cursor is none of this conversation's."},
         {"conversation_get", R"({"thread":"t","owner":"you"})",
          "there are no arguments but thread, cursor and limit."},
         {"conversation_search", R"({"limit":51})",
          "limit must be an integer from 1 to 50."},
         {"conversation_search", R"({"query":7})",
          "query must be a string of at most 200 bytes."},
         {"conversation_search", R"({"cursor":"5"})",
          "cursor is none of this search's."},
         {"conversation_search", R"({"cursor":"5.x"})",
          "cursor is none of this search's."},
         {"conversation_search", R"({"thread":"t"})",
          "there are no arguments but query, cursor and limit."},
       }) {
    INFO(arguments);
    CHECK(flaw(tool, arguments) == why);
  }
  CHECK(
    flaw("conversation_search", R"({"query":")" + std::string(201, 'x') + "\"}")
    == "query must be a string of at most 200 bytes.");
}

TEST_CASE("a page tells what was said, and where the next one is", "[mcp]") {
  conversation_page page;
  page.of = head;
  page.from = 1;
  page.messages = {{author::assistant, "an \"answer\"", 2'000}};
  auto read = told(page);
  CHECK(read.at("thread") == "t");
  CHECK(read.at("title") == "A title");
  CHECK(read.at("created") == "1970-01-01T00:00:01.000Z");
  CHECK(read.at("updated") == "2025-11-28T00:00:00.123Z");
  CHECK(read.at("messages") == 3);
  CHECK(read.at("page").at(0).at("role") == "assistant");
  CHECK(read.at("page").at(0).at("text") == "an \"answer\"");
  CHECK(read.at("nextCursor") == "2");
  page.from = 2;
  CHECK_FALSE(told(page).as_object().contains("nextCursor"));
}

TEST_CASE("a conversation that is none is a failure", "[mcp]") {
  CHECK(conversation_result(conversation_page{}).failed);
}

TEST_CASE("what is found is told, and where there is more", "[mcp]") {
  conversation_list list;
  list.list = {{head, "an excerpt"}};
  auto read = told(list);
  CHECK(read.at("conversations").at(0).at("excerpt") == "an excerpt");
  CHECK_FALSE(read.as_object().contains("nextCursor"));
  list.next = conversation_mark{5, 6};
  CHECK(told(list).at("nextCursor") == "5.6");
  CHECK(told(conversation_list{}).at("conversations").as_array().empty());
}
