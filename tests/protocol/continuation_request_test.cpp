// What the next provider is asked for.
#include <boost/json.hpp>

#include "protocol/continuation.hpp"
#include "protocol/dialects/encode.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

const std::string role = chunk(R"({"role":"assistant","content":""})");
const std::string wish
  = "Your last message was cut off. Continue it exactly where it stops, "
    "without repeating or commenting on any of it.";

std::shared_ptr<const chat_request>
request_after(std::string_view text, std::shared_ptr<const chat_request> first,
              std::string_view more = R"("")") {
  auto delta = [](std::string_view json) {
    return chunk(R"({"content":)" + std::string{json} + "}");
  };
  auto made
    = continuation::read(role + delta(text) + delta(more), std::move(first));
  REQUIRE(made.has_value());
  auto request = made->request();
  REQUIRE(request.has_value());
  return *request;
}

std::shared_ptr<const chat_request> read(std::string body) {
  auto made = chat_request::read(std::move(body));
  REQUIRE(made.has_value());
  return *made;
}

boost::json::value body_of(const upstream_request& what) {
  std::string body;
  for (auto piece : what.body)
    body += piece;
  return boost::json::parse(body);
}

boost::json::value parse(const std::string& json) {
  return boost::json::parse(json);
}

} // namespace

TEST_CASE("two messages are added where the messages end, the rest stays") {
  const std::string front
    = R"({ "x":[1,{"messages":[]}], "messages" : [ {"role":"user",)"
      R"("content":"a ] and \"]\" "}  )";
  const std::string back = R"(] , "model":"m","stream":true,)"
                           R"("unknown":{"kept":1.50,"y":[]}, "max_tokens":5})";
  const auto added = R"(,{"role":"assistant","content":"Hel\n"},)"
                     R"({"role":"user","content":")"
                     + wish + R"("})";
  auto request = request_after(R"("Hel\n")", read(front + back));
  CHECK(request->body() == front + added + back);
  CHECK(request->stream());
  CHECK(request->model() == "m");
}

TEST_CASE("without text the next provider is asked what the first was") {
  auto first = asked();
  for (auto text : {R"("")", R"(" ")", R"("\n \t\r")"})
    CHECK(request_after(text, first) == first);
  CHECK(request_after(R"("\\n")", first) != first);
  CHECK(request_after(R"("\"")", first) != first);
}

TEST_CASE("providers that are passed through to get the longer body") {
  auto sent
    = encode_openai(request_after(R"("Hel")", asked()), {"", "next"}, true);
  auto body = body_of(*sent);
  CHECK(body.at("model") == "next");
  CHECK(body.at("messages").as_array().size() == 3);
  CHECK(body.at("messages").at(1)
        == parse(R"({"role":"assistant","content":"Hel"})"));
  CHECK(body.at("messages").at(2).at("content") == wish.c_str());
  CHECK(body.at("stream_options").at("include_usage") == true);
}

TEST_CASE("providers that are translated for get it in their words") {
  auto request = request_after(R"("Hel")", asked());
  auto anthropic = body_of(*encode_anthropic(request, {"", "next"}));
  CHECK(anthropic.at("messages").as_array().size() == 3);
  CHECK(anthropic.at("messages").at(1)
        == parse(R"({"role":"assistant","content":[)"
                 R"({"type":"text","text":"Hel"}]})"));
  CHECK(anthropic.at("messages").at(2).at("role") == "user");
  auto google = body_of(*encode_google(request, {"", "next"}));
  CHECK(google.at("contents").at(1)
        == parse(R"({"role":"model","parts":[{"text":"Hel"}]})"));
  CHECK(google.at("contents").at(2).at("parts").at(0).at("text")
        == wish.c_str());
}

TEST_CASE("a character that came in two halves is handed on whole") {
  auto request = request_after(R"("ship \ud83d")", asked(), R"("\udea2.")");
  CHECK(parse(std::string{request->body()})
          .at("messages")
          .at(1)
          .at("content")
          .as_string()
        == "ship \xF0\x9F\x9A\xA2.");
}

TEST_CASE("half of a character cannot be handed on") {
  auto made
    = continuation::read(role + chunk(R"({"content":"ship \ud83d"})"), asked());
  REQUIRE(made.has_value());
  auto request = made->request();
  REQUIRE(request.has_error());
  CHECK(request.error().kind == failure_kind::eof);
  CHECK(request.error().detail == "the stream broke off within a character");
}

TEST_CASE("a stream that dies again is handed on with all of its text") {
  auto first = asked();
  auto so_far = role + chunk(R"({"content":"Hel"})");
  auto second = continuation::read(so_far, first);
  auto reader = second->reader(reader_of("anthropic"), "b");
  auto reply = golden("anthropic/stream_text.reply.sse");
  auto half = reader->feed(reply.substr(0, reply.find("event: message_delta")));
  REQUIRE(half.has_value());
  auto third = continuation::read(so_far + std::string{half->out}, first);
  REQUIRE(third.has_value());
  auto body = parse(std::string{(*third->request())->body()});
  CHECK(body.at("messages").as_array().size() == 3);
  CHECK(body.at("messages").at(1).at("content") == "HelHello\n\"you\"");
  auto last = third->reader(reader_of("google"), "c");
  auto rest = all_of(*last, golden("google/stream_text.reply.sse"));
  auto facts = facts_of(so_far + std::string{half->out} + rest);
  CHECK(facts.well_formed);
  CHECK(facts.ids.size() == 1);
  CHECK(facts.marks
        == std::vector<std::string>{
          R"({"degraded":"stream_failover","provider":"c"})"});
}
