// Runs the pairs in golden/VENDOR/: NAME.reply.{json,sse} is what a provider
// of that vendor sends, NAME.client.{json,sse} what a client of OpenAI's
// dialect gets for it. A name that ends in _usage stands for a client that
// asked for usage in its stream, one in _injected for a node that did.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <boost/json.hpp>

#include "protocol/dialects/read.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using namespace caisson;
using namespace caisson::protocol;

namespace {

constexpr std::int64_t fixed_time = 1700000000;

std::string read_all(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct golden {
  std::string vendor;
  std::string name;
  std::string reply;
  std::string client;

  std::unique_ptr<reply_reader> reader() const {
    auto usage = name.ends_with("_usage");
    if (vendor == "openai")
      return read_openai(name.ends_with("_injected"));
    if (vendor == "anthropic")
      return read_anthropic("fallback-model", fixed_time, usage);
    return read_google("fallback-model", fixed_time, usage);
  }
};

std::vector<golden> goldens(const std::string& kind) {
  std::vector<golden> found;
  fs::path root = CAISSON_SOURCE_DIR "/tests/protocol/golden";
  auto suffix = ".reply." + kind;
  for (auto vendor : {"openai", "anthropic", "google"})
    for (auto& entry : fs::directory_iterator{root / vendor}) {
      auto name = entry.path().filename().string();
      if (!name.ends_with(suffix))
        continue;
      name.resize(name.size() - suffix.size());
      auto client = entry.path().parent_path() / (name + ".client." + kind);
      found.push_back({vendor, name, read_all(entry.path()), read_all(client)});
    }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) {
    return std::tie(a.vendor, a.name) < std::tie(b.vendor, b.name);
  });
  return found;
}

/// What the client gets when the reply arrives cut at `cuts`.
std::string run(const golden& pair, const std::vector<std::size_t>& cuts) {
  auto reader = pair.reader();
  std::string out;
  std::size_t from = 0;
  auto feed = [&](std::size_t to) {
    // A copy of its own, so that a view kept too long is seen by ASan.
    std::string piece = pair.reply.substr(from, to - from);
    auto step = reader->feed(piece);
    REQUIRE(step.has_value());
    out += step->out;
    from = to;
  };
  for (auto cut : cuts)
    feed(cut);
  feed(pair.reply.size());
  auto last = reader->close();
  REQUIRE(last.has_value());
  CHECK(last->done);
  out += last->out;
  return out;
}

std::vector<std::size_t> random_cuts(std::mt19937& random, std::size_t size) {
  std::vector<std::size_t> cuts(1 + random() % 12);
  for (auto& cut : cuts)
    cut = random() % (size + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

} // namespace

TEST_CASE("a whole reply becomes the completion of its golden pair") {
  auto pairs = goldens("json");
  REQUIRE(pairs.size() >= 17);
  for (auto& pair : pairs) {
    INFO(pair.vendor << '/' << pair.name);
    auto reply = pair.reader()->whole(pair.reply);
    REQUIRE(reply.has_value());
    CHECK(boost::json::parse(reply->body) == boost::json::parse(pair.client));
    CHECK(reply->passed_through == (pair.vendor == "openai"));
    if (reply->passed_through)
      CHECK(reply->body == pair.reply);
  }
}

TEST_CASE("a streamed reply becomes the stream of its golden pair") {
  auto pairs = goldens("sse");
  REQUIRE(pairs.size() >= 18);
  for (auto& pair : pairs) {
    INFO(pair.vendor << '/' << pair.name);
    CHECK(run(pair, {}) == pair.client);
  }
}

TEST_CASE("a streamed reply is the same however the network splits it") {
  std::mt19937 random{20261123};
  for (auto& pair : goldens("sse")) {
    INFO(pair.vendor << '/' << pair.name);
    std::vector<std::size_t> every(pair.reply.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    REQUIRE(run(pair, every) == pair.client);
    for (std::size_t cut = 0; cut <= pair.reply.size(); ++cut)
      REQUIRE(run(pair, {cut}) == pair.client);
    for (int round = 0; round < 50; ++round)
      REQUIRE(run(pair, random_cuts(random, pair.reply.size())) == pair.client);
  }
}

TEST_CASE("the end of a stream is the same wherever its line end is cut") {
  for (std::string end : {"\r\n\r\n", "\n\r\n"}) {
    golden pair{"openai", "", "data: [DONE]" + end, ""};
    for (std::size_t cut = 0; cut <= pair.reply.size(); ++cut)
      CHECK(run(pair, {cut}) == pair.reply);
  }
}

TEST_CASE("a stream that is cut anywhere before its end is never complete") {
  for (auto& pair : goldens("sse")) {
    INFO(pair.vendor << '/' << pair.name);
    // Up to the last event: the rest of a wire's end is only line ends.
    auto end = pair.reply.find_last_of("}]") - 1;
    for (std::size_t cut = 0; cut <= end; ++cut) {
      auto reader = pair.reader();
      auto step = reader->feed(std::string_view{pair.reply}.substr(0, cut));
      REQUIRE(step.has_value());
      CHECK_FALSE(step->done);
      // What went out are whole events, and a start of the right ones.
      CHECK(pair.client.starts_with(step->out));
      if (!step->out.empty())
        CHECK(step->out.ends_with('\n') | step->out.ends_with('\r'));
      auto last = reader->close();
      REQUIRE(last.has_error());
      CHECK(last.error().kind == failure_kind::eof);
    }
  }
}

TEST_CASE("usage of a reply is known to the node whoever asked for it") {
  for (auto& pair : goldens("sse")) {
    INFO(pair.vendor << '/' << pair.name);
    auto reader = pair.reader();
    REQUIRE(reader->feed(pair.reply).has_value());
    auto quiet = pair.vendor == "openai"
                 && pair.name.find("usage") == std::string::npos
                 && pair.name.find("injected") == std::string::npos;
    CHECK(reader->usage().known == !quiet);
  }
}
