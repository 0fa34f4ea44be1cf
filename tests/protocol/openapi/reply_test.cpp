#include "protocol/openapi/reply.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::openapi;
namespace bj = boost::json;

namespace {

bj::value told(unsigned status, std::string type, std::string_view body) {
  auto note = std::make_shared<reply_note>(reply_note{status, std::move(type)});
  auto read = tool_reader(note)->whole(body);
  REQUIRE(read.has_value());
  auto message = bj::parse(read->translated);
  CHECK(message.at("jsonrpc") == "2.0");
  return message.at("result");
}

std::string text(const bj::value& result, std::size_t index = 0) {
  return std::string{result.at("content").at(index).at("text").as_string()};
}

} // namespace

TEST_CASE("an object is structured, and text as well") {
  auto said = told(200, "application/json", "{\"a\":\n1}");
  CHECK(said.at("structuredContent") == bj::parse(R"({"a":1})"));
  CHECK(text(said) == "{\"a\":\n1}");
  CHECK_FALSE(said.as_object().contains("isError"));
}

TEST_CASE("what is no object, or one that not everybody can read, is text") {
  for (auto body : {"[1]", "5", R"({"a":1,"a":2})", R"({"a":)", "hello"}) {
    auto said = told(200, "application/json", body);
    CHECK(text(said) == body);
    CHECK_FALSE(said.as_object().contains("structuredContent"));
  }
  std::string deep;
  for (auto i = 0; i < 63; ++i)
    deep += R"({"a":)";
  deep += "1" + std::string(63, '}');
  CHECK(text(told(200, "application/json", deep)) == deep);
}

TEST_CASE("pictures and sounds are such, other bytes a resource") {
  auto picture = told(200, "image/png; x=y", "\x89PNG").at("content").at(0);
  CHECK(picture
        == bj::parse(
          R"({"type":"image","data":"iVBORw==","mimeType":"image/png"})"));
  CHECK(told(200, "audio/wav", "a").at("content").at(0).at("type") == "audio");
  CHECK(text(told(200, "image/svg+xml", "<svg/>")) == "<svg/>");
  auto other = told(200, "", "\xff\x00").at("content").at(0);
  CHECK(other.at("resource").at("blob") == "/w==");
  CHECK(other.at("resource").at("mimeType") == "application/octet-stream");
}

TEST_CASE("a reply without a body says its status") {
  CHECK(text(told(204, "", "")) == "status 204, without a body");
}

TEST_CASE("a refusal of the API is an error of the tool, with its words") {
  auto said = told(404, "application/json", R"({"error":"no such item"})");
  CHECK(said.at("isError") == true);
  CHECK(text(said, 0) == "the API answered 404");
  CHECK(text(said, 1) == R"({"error":"no such item"})");
  CHECK_FALSE(said.as_object().contains("structuredContent"));
}

TEST_CASE("a stream of events is given as its text") {
  auto note
    = std::make_shared<reply_note>(reply_note{200, "text/event-stream"});
  auto reader = tool_reader(note);
  CHECK_FALSE(reader->feed("data: a\n")->done);
  CHECK(reader->feed("\n")->out.empty());
  auto step = reader->close();
  REQUIRE(step.has_value());
  CHECK(step->done);
  CHECK(step->has_token);
  CHECK(step->out.find(R"("text":"data: a\n\n")") != std::string::npos);
}

TEST_CASE("faults are those of nobody's request") {
  tool_judge judge;
  for (auto status : {200u, 201u, 204u, 400u, 403u, 404u, 409u, 422u})
    CHECK(judge.answers(status));
  for (auto status : {100u, 301u, 401u, 407u, 408u, 429u, 500u, 503u})
    CHECK_FALSE(judge.answers(status));
  auto busy = judge.classify(503, "7", "", "secret");
  CHECK(busy.retry_after == std::chrono::seconds{7});
  CHECK(busy.detail.find("secret") == std::string::npos);
}

TEST_CASE("a call that cannot be made is an error of the tool") {
  auto said = bj::parse(write_refusal("the argument a is missing"));
  CHECK(said.at("result").at("isError") == true);
  CHECK(text(said.at("result")) == "the argument a is missing");
  CHECK(bj::parse(write_no_method()).at("error").at("code") == -32601);
}
