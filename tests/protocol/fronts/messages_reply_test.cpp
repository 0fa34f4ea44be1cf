// Runs the pairs in golden/fronts/anthropic/: NAME.reply.{json,sse} are the
// node's inner words, NAME.client.{json,sse} what a client of Anthropic's
// dialect gets for them. messages_words.hpp and messages_stream.hpp are in it.
#include "protocol/fronts/messages_reply.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using namespace caisson;
using namespace caisson::protocol;

namespace {

std::string read_all(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct golden {
  std::string name;
  std::string reply;
  std::string client;
};

std::vector<golden> goldens(const std::string& kind) {
  std::vector<golden> found;
  auto suffix = ".reply." + kind;
  fs::path folder
    = CAISSON_SOURCE_DIR "/tests/protocol/golden/fronts/anthropic";
  for (auto& entry : fs::directory_iterator{folder}) {
    auto name = entry.path().filename().string();
    if (!name.ends_with(suffix))
      continue;
    name.resize(name.size() - suffix.size());
    found.push_back({name, read_all(entry.path()),
                     read_all(folder / (name + ".client." + kind))});
  }
  return found;
}

/// What the client gets when the words arrive cut at `cuts`.
std::string run(const golden& pair, const std::vector<std::size_t>& cuts) {
  auto writer = write_messages_reply("trace1");
  std::string out;
  std::size_t from = 0;
  auto feed = [&](std::size_t to) {
    // A copy of its own, so that a view kept too long is seen by ASan.
    auto piece = pair.reply.substr(from, to - from);
    auto said = writer->feed(piece);
    REQUIRE(said.has_value());
    out += *said;
    from = to;
  };
  for (auto cut : cuts)
    feed(cut);
  feed(pair.reply.size());
  return out;
}

std::string chunk(std::string_view choice) {
  return R"(data: {"id":"c","model":"m","choices":[)" + std::string{choice}
         + "]}\n\n";
}

std::string call_chunk(std::string_view call) {
  return chunk(R"({"index":0,"delta":{"tool_calls":[)" + std::string{call}
               + "]}}");
}

} // namespace

TEST_CASE("a completion becomes the message of its golden pair") {
  auto pairs = goldens("json");
  REQUIRE(pairs.size() >= 11);
  for (auto& pair : pairs) {
    INFO(pair.name);
    auto body = write_messages_reply("trace1")->whole(pair.reply);
    REQUIRE(body.has_value());
    CHECK(boost::json::parse(*body) == boost::json::parse(pair.client));
  }
}

TEST_CASE("a stream of chunks becomes the events of its golden pair") {
  auto pairs = goldens("sse");
  REQUIRE(pairs.size() >= 9);
  for (auto& pair : pairs) {
    INFO(pair.name);
    CHECK(run(pair, {}) == pair.client);
  }
}

TEST_CASE("Anthropic's events are the same however the chunks are split") {
  std::mt19937 random{20260808};
  for (auto& pair : goldens("sse")) {
    INFO(pair.name);
    std::vector<std::size_t> every(pair.reply.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    REQUIRE(run(pair, every) == pair.client);
    for (std::size_t cut = 0; cut <= pair.reply.size(); ++cut)
      REQUIRE(run(pair, {cut}) == pair.client);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::size_t> cuts(1 + random() % 12);
      for (auto& cut : cuts)
        cut = random() % (pair.reply.size() + 1);
      std::sort(cuts.begin(), cuts.end());
      REQUIRE(run(pair, cuts) == pair.client);
    }
  }
}

TEST_CASE("what has come of a stream goes out in whole events, at once") {
  for (auto& pair : goldens("sse")) {
    INFO(pair.name);
    for (std::size_t cut = 0; cut < pair.reply.size(); ++cut) {
      auto writer = write_messages_reply("trace1");
      auto said = writer->feed(std::string_view{pair.reply}.substr(0, cut));
      REQUIRE(said.has_value());
      CHECK(pair.client.starts_with(*said));
      CHECK((said->empty() || said->ends_with("}\n\n")));
    }
  }
  auto writer = write_messages_reply("t");
  auto said = writer->feed(chunk(R"({"index":0,"delta":{"content":"now"}})"));
  REQUIRE(said.has_value());
  CHECK(said->find(R"("text":"now")") != said->npos);
}

TEST_CASE("a stream ends with [DONE], once and not before") {
  auto writer = write_messages_reply("t");
  auto text = chunk(R"({"index":0,"delta":{"content":"x"}})");
  auto said = writer->feed(text);
  REQUIRE(said.has_value());
  CHECK(said->find("message_stop") == said->npos);
  auto last = writer->feed("data: [DONE]\n\n" + text);
  REQUIRE(last.has_value());
  CHECK(last->ends_with("{\"type\":\"message_stop\"}\n\n"));
  CHECK(last->find("content_block_stop") != last->npos);
  auto late = writer->feed(text + "data: [DONE]\n\n");
  REQUIRE(late.has_value());
  CHECK(late->empty());
}

TEST_CASE("arguments that come after their call are a fault, not a guess") {
  auto writer = write_messages_reply("t");
  const auto* const first
    = R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})";
  const auto* const second
    = R"({"index":1,"id":"b","function":{"name":"g","arguments":"{"}})";
  REQUIRE(writer->feed(call_chunk(first)).has_value());
  REQUIRE(writer->feed(call_chunk(second)).has_value());
  auto late
    = writer->feed(call_chunk(R"({"index":0,"function":{"arguments":"}"}})"));
  REQUIRE(late.has_error());
  CHECK(late.error().code == errc::llm_error);
  CHECK(late.error().kind == failure_kind::decode);
}

TEST_CASE("inner words that are none are a fault") {
  for (auto* bad : {"data: {\"id\":\n\n", "data: 5\n\n", "data: {}x\n\n"}) {
    auto said = write_messages_reply("t")->feed(bad);
    REQUIRE(said.has_error());
    CHECK(said.error().kind == failure_kind::decode);
  }
  CHECK(write_messages_reply("t")->whole("{").has_error());
}

TEST_CASE("a tool is never called with what the model did not say") {
  auto whole = [](std::string_view arguments, std::string_view finish) {
    return write_messages_reply("t")->whole(
      R"({"id":"c","model":"m","choices":[{"message":{"tool_calls":[{"id":)"
      R"("a","function":{"name":"f","arguments":")"
      + std::string{arguments} + R"("}}]},"finish_reason":")"
      + std::string{finish} + "\"}]}");
  };
  for (auto* bad : {"{", "[1]", "7", "{} {}", R"({\"a\":1,\"a\":2})"}) {
    INFO(bad);
    auto said = whole(bad, "tool_calls");
    REQUIRE(said.has_error());
    CHECK(said.error().code == errc::llm_error);
    CHECK(said.error().kind == failure_kind::decode);
    CHECK(whole(bad, "length").has_value());
  }
  CHECK(whole(R"({\"a\":1})", "tool_calls").has_value());
}
