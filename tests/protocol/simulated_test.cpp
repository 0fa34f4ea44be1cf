#include "protocol/dialects/simulated.hpp"

#include <numeric>

#include <boost/json.hpp>
#include <simdjson.h>

#include "protocol/chat_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;

TEST_CASE("a simulated answer says that it is one") {
  auto answer = simulate("Hello", 7);
  CHECK(answer.text
        == "This is a simulated answer from Caisson: no provider is "
           "configured. You said: Hello");
  CHECK(answer.usage.known);
  CHECK(answer.usage.input == 7);
  CHECK(answer.usage.output == estimate_tokens(answer.text));
  CHECK(simulate("", 0).text.find("You said") == std::string::npos);
}

TEST_CASE("its pieces make up its text") {
  for (auto words : {"", "one", "two words", " blanks  at \n both ends \t"}) {
    auto answer = simulate(words, 1);
    std::string joined;
    for (auto& piece : answer.pieces) {
      CHECK_FALSE(piece.empty());
      joined += piece;
    }
    CHECK(joined == answer.text);
    CHECK(answer.pieces.size() > 9);
  }
}

TEST_CASE("long words are cut at the end of a character") {
  std::string words = "x";
  for (int i = 0; i < 3000; ++i)
    words += "ü";
  auto answer = simulate(words, 1);
  CHECK(answer.text.size() < 2200);
  CHECK(simdjson::validate_utf8(answer.text.data(), answer.text.size()));
  CHECK(answer.text.ends_with("…"));
}

TEST_CASE("tokens are estimated at four bytes each") {
  CHECK(estimate_tokens("") == 0);
  CHECK(estimate_tokens("a") == 1);
  CHECK(estimate_tokens("abcd") == 1);
  CHECK(estimate_tokens("abcde") == 2);
}

TEST_CASE("the answer is to the last thing a user said") {
  auto request = chat_request::read(
    R"({"model":"simulated","messages":[{"role":"user","content":"first"},)"
    R"({"role":"assistant","content":"no"},)"
    R"({"role":"user","content":[{"type":"text","text":"sec"},)"
    R"({"type":"text","text":"ond"}]}]})");
  REQUIRE(request.has_value());
  auto answer = simulate(**request);
  CHECK(answer.text.ends_with("You said: second"));
  CHECK(answer.usage.input == estimate_tokens((*request)->body()));
}

TEST_CASE("its body is a chat completion") {
  auto answer = simulate("Hi \"you\"", 3);
  auto body = boost::json::parse(simulated_body(answer, "simulated", 17));
  CHECK(body.at("object") == "chat.completion");
  CHECK(body.at("model") == "simulated");
  CHECK(body.at("created") == 17);
  auto& choice = body.at("choices").at(0);
  CHECK(choice.at("message").at("content").as_string() == answer.text);
  CHECK(choice.at("finish_reason") == "stop");
  CHECK(body.at("usage").at("prompt_tokens") == 3);
}

TEST_CASE("its events are role, pieces, finish, usage where asked, and DONE") {
  auto answer = simulate("Hi", 3);
  for (auto usage : {false, true}) {
    auto count = simulated_events(answer, usage);
    CHECK(count == answer.pieces.size() + (usage ? 4 : 3));
    std::string text;
    std::size_t usages = 0;
    for (std::size_t i = 0; i + 1 < count; ++i) {
      auto event = simulated_event(answer, "simulated", 17, usage, i);
      REQUIRE(event.starts_with("data: {"));
      REQUIRE(event.ends_with("}\n\n"));
      auto chunk = boost::json::parse(event.substr(6));
      CHECK(chunk.at("object") == "chat.completion.chunk");
      usages += chunk.as_object().contains("usage");
      for (auto& choice : chunk.at("choices").as_array())
        if (auto piece = choice.at("delta").as_object().if_contains("content"))
          text += piece->as_string();
    }
    CHECK(text == answer.text);
    CHECK(usages == (usage ? 1 : 0));
    CHECK(simulated_event(answer, "simulated", 17, usage, count - 1)
          == "data: [DONE]\n\n");
    CHECK(simulated_event(answer, "simulated", 17, usage, count).empty());
  }
}
