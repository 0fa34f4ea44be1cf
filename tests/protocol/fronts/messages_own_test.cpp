// An Anthropic client in front of an Anthropic provider: both ways of
// translation, one behind the other, must lose nothing. The replies are those
// of golden/anthropic/, of which the expectation is themselves.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include <boost/json.hpp>

#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/read.hpp"
#include "protocol/fronts/messages_reply.hpp"
#include "protocol/fronts/messages_request.hpp"
#include "protocol/sse.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace caisson;
using namespace caisson::protocol;

namespace {

const fs::path golden = CAISSON_SOURCE_DIR "/tests/protocol/golden";

std::string read_all(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> files(const fs::path& folder, std::string_view end) {
  std::vector<std::string> found;
  for (auto& entry : fs::directory_iterator{folder})
    if (entry.path().string().ends_with(end))
      found.push_back(entry.path().string());
  return found;
}

/// The events of a stream, by name and value; pings are nobody's matter.
json::array events_of(std::string_view stream) {
  json::array events;
  sse_decoder decoder;
  decoder.feed(stream);
  sse_event event;
  for (auto more = decoder.next(event); more && *more;
       more = decoder.next(event))
    if (event.has_data && event.name != "ping")
      events.push_back({event.name, json::parse(event.data)});
  return events;
}

/// What a client gets of a provider's stream that is cut at `cuts`.
std::string there_and_back(std::string_view reply,
                           const std::vector<std::size_t>& cuts) {
  auto reader = read_anthropic("m", 1, true, true);
  auto writer = write_messages_reply("trace");
  std::string out;
  std::size_t from = 0;
  auto feed = [&](std::size_t to) {
    auto step = reader->feed(std::string{reply.substr(from, to - from)});
    REQUIRE(step.has_value());
    auto said = writer->feed(step->out);
    REQUIRE(said.has_value());
    out += *said;
    from = to;
  };
  for (auto cut : cuts)
    feed(cut);
  feed(reply.size());
  REQUIRE(reader->close().has_value());
  return out;
}

/// A chunk as the reader for Anthropic's own clients makes it.
std::string chunk(std::string_view delta, std::string_view own = {}) {
  std::string text
    = R"(data: {"id":"chatcmpl-msg_1","model":"m","choices":[{"index":0,)"
      R"("delta":)";
  text += delta;
  text += R"(,"finish_reason":null}])";
  if (!own.empty())
    text += R"(,"extra_content":{"anthropic":)" + std::string{own} + "}";
  return text + "}\n\n";
}

const std::string begun = chunk(
  R"({"role":"assistant","content":""})",
  R"({"type":"message_start","message":{"id":"msg_1","usage":{"x":1}}})");
const std::string opened = chunk(
  "{}",
  R"({"type":"content_block_start","index":0,"content_block":{"type":"text"}})");
const std::string said
  = chunk(R"({"content":"a"})", R"({"type":"content_block_delta","index":0,)"
                                R"("delta":{"type":"text_delta","text":"a"}})");

std::string written(std::string_view chunks) {
  auto writer = write_messages_reply("trace");
  auto out = writer->feed(std::string{chunks} + "data: [DONE]\n\n");
  REQUIRE(out.has_value());
  return *out;
}

std::vector<std::string> names_of(std::string_view stream) {
  std::vector<std::string> names;
  for (auto& event : events_of(stream))
    names.emplace_back(event.at(0).as_string());
  return names;
}

} // namespace

TEST_CASE("Anthropic's whole reply reaches Anthropic's client as it was") {
  auto replies = files(golden / "anthropic", ".reply.json");
  REQUIRE(replies.size() >= 7);
  for (auto& path : replies) {
    INFO(path);
    auto reply = read_all(path);
    auto words = read_anthropic("m", 1, true, true)->whole(reply);
    REQUIRE(words.has_value());
    auto body = write_messages_reply("trace")->whole(words->body);
    REQUIRE(body.has_value());
    CHECK(json::parse(*body) == json::parse(reply));
  }
}

TEST_CASE("Anthropic's stream reaches Anthropic's client event for event") {
  auto replies = files(golden / "anthropic", ".reply.sse");
  REQUIRE(replies.size() >= 6);
  for (auto& path : replies) {
    INFO(path);
    auto reply = read_all(path);
    auto expected = events_of(reply);
    CHECK(events_of(there_and_back(reply, {})) == expected);
    std::vector<std::size_t> every(reply.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    CHECK(events_of(there_and_back(reply, every)) == expected);
  }
}

TEST_CASE("Anthropic's pings keep coming") {
  auto reply = read_all(golden / "anthropic" / "stream_text.reply.sse");
  REQUIRE(reply.find("event: ping") != reply.npos);
  CHECK(there_and_back(reply, {}).find("event: ping") != std::string::npos);
}

TEST_CASE("for other clients nothing goes along") {
  for (auto& path : files(golden / "anthropic", ".reply.sse")) {
    auto reader = read_anthropic("m", 1, true);
    auto step = reader->feed(read_all(path));
    REQUIRE(step.has_value());
    CHECK(step->out.find("extra_content") == step->out.npos);
  }
}

TEST_CASE("an Anthropic provider gets the client's bytes around the model") {
  auto paths = files(golden / "fronts/anthropic", ".request.json");
  REQUIRE(paths.size() >= 14);
  for (auto& path : paths) {
    INFO(path);
    auto body = read_all(path);
    auto request = read_messages_request(body);
    REQUIRE(request.has_value());
    auto upstream = encode_anthropic(*request, {"KEY", "a \"model\""});
    REQUIRE(upstream.has_value());
    std::string sent;
    for (auto piece : upstream->body)
      sent += piece;
    auto expected = json::parse(body).as_object();
    expected["model"] = "a \"model\"";
    CHECK(json::parse(sent) == expected);
    const auto token = json::serialize(json::parse(body).at("model"));
    auto at = body.find(token, body.find("\"model\"") + 7);
    CHECK(sent == body.replace(at, token.size(), R"("a \"model\"")"));
    CHECK(upstream->target == "/v1/messages");
    CHECK(upstream->fields.find("anthropic-beta") == std::string::npos);
  }
}

TEST_CASE("what only Anthropic understands goes to it, with its beta field") {
  const auto* const body
    = R"({"model":"m","max_tokens":0,"container":"c","x_new":[1.10],)"
      R"("tools":[{"type":"web_search_20250305","name":"web_search"}],)"
      R"("messages":[{"role":"user","content":[{"type":"mystery"}]}]})";
  auto request = read_messages_request(body, "files-1,mcp-2");
  REQUIRE(request.has_value());
  auto upstream = encode_anthropic(*request, {"KEY", "m"});
  REQUIRE(upstream.has_value());
  std::string sent;
  for (auto piece : upstream->body)
    sent += piece;
  CHECK(sent == body);
  CHECK(upstream->fields.find("anthropic-beta: files-1,mcp-2\r\n")
        != std::string::npos);
  CHECK(upstream->fields.find("x-api-key: KEY\r\n") != std::string::npos);
  CHECK(upstream->fields.find("anthropic-version: 2023-06-01\r\n")
        != std::string::npos);
}

TEST_CASE("another provider goes on in the block that Anthropic had open") {
  auto out = written(begun + opened + said + chunk(R"({"content":"b"})")
                     + chunk(R"({"tool_calls":[{"index":0,"id":"t","function")"
                             R"(:{"name":"f","arguments":"{}"}}]})"));
  CHECK(names_of(out)
        == std::vector<std::string>{
          "message_start", "content_block_start", "content_block_delta",
          "content_block_delta", "content_block_stop", "content_block_start",
          "content_block_delta", "content_block_stop", "message_delta",
          "message_stop"});
  auto events = events_of(out);
  CHECK(events.at(3).at(1).at("index") == 0);
  CHECK(events.at(5).at(1).at("index") == 1);
  CHECK(events.at(8).at(1).at("delta").at("stop_reason") == "tool_use");
}

TEST_CASE("another attempt at Anthropic does not begin the message again") {
  auto out = written(begun + opened + said + begun + opened + said);
  CHECK(names_of(out)
        == std::vector<std::string>{"message_start", "content_block_start",
                                    "content_block_delta",
                                    "content_block_delta", "content_block_stop",
                                    "message_delta", "message_stop"});
}

TEST_CASE("a block without words of OpenAI's is closed by who goes on") {
  auto thinking
    = chunk("{}", R"({"type":"content_block_start","index":0,"content_block":)"
                  R"({"type":"thinking","thinking":""}})");
  auto out = events_of(written(begun + thinking + chunk(R"({"content":"b"})")));
  REQUIRE(out.size() == 8);
  CHECK(out.at(2).at(0) == "content_block_stop");
  CHECK(out.at(2).at(1).at("index") == 0);
  CHECK(out.at(3).at(1).at("index") == 1);
}

TEST_CASE("an event of an unknown type is no line of the stream") {
  auto odd = chunk("{}", R"({"type":"x\n\nevent: message_stop","index":0})");
  CHECK(names_of(written(begun + odd + opened + said))
        == std::vector<std::string>{"message_start", "content_block_start",
                                    "content_block_delta", "content_block_stop",
                                    "message_delta", "message_stop"});
}

TEST_CASE("a tool that Anthropic runs itself is a token for its own clients") {
  const auto* const stream
    = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}\n\n"
      "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
      "{\"type\":\"server_tool_use\",\"id\":\"s\"}}\n\n";
  for (bool own : {true, false}) {
    auto step = read_anthropic("m", 1, true, own)->feed(stream);
    REQUIRE(step.has_value());
    CHECK(step->has_token == own);
  }
}
