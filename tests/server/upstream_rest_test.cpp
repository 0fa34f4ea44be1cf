// Going on with a stream that died elsewhere.
#include "protocol/chat_request.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

std::string chunk_of(std::string_view id, std::string_view delta,
                     std::string_view finish = "null",
                     std::string_view more = "") {
  std::string out = R"(data: {"id":")";
  out.append(id).append(R"(","object":"chat.completion.chunk","created":7,)");
  out.append(R"("model":"first","choices":[{"index":0,"delta":)").append(delta);
  out.append(R"(,"finish_reason":)").append(finish).append("}]").append(more);
  return out + "}\n\n";
}

const std::string role = R"({"role":"assistant","content":""})";
const std::string so_far
  = chunk_of("a", role) + chunk_of("a", R"({"content":"Hel"})");
const std::string done = "data: [DONE]\n\n";
const std::string mark
  = R"(,"caisson":{"degraded":"stream_failover","provider":"second"})";

/// An attempt to go on, at a provider of OpenAI's wire named "second".
struct onward {
  explicit onward(std::string_view before, bool stream = true) {
    auto what = std::make_shared<call>();
    what->stream = stream;
    what->body = protocol::chat_request::read(
                   R"({"messages":[{"role":"user",)"
                   R"("content":"hi"}],"model":"m","stream":)"
                   + std::string{stream ? "true" : "false"} + "}")
                   .value();
    port = std::make_unique<http_provider_port>(
      w.where, *protocol::dialect_for("openai_compatible"), "", "second");
    // What the client had need not outlive the start.
    const std::string heard{before};
    attempt which{what, "next"};
    which.connect_by
      = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    which.so_far = heard;
    running = port->start(which, std::make_unique<recorder>(told));
  }

  bool ended() {
    return w.until([this] { return told.ends == 1; });
  }

  /// The body that the provider was sent.
  static std::string body(const peer& p) {
    return p.all.substr(p.all.find("\r\n\r\n") + 4);
  }

  world w;
  story told;
  std::unique_ptr<http_provider_port> port;
  std::unique_ptr<exchange> running;
};

} // namespace

TEST_CASE("a provider is asked to go on with the text that the client has") {
  onward o{so_far};
  auto p = o.w.next();
  CHECK(o.body(p)
        == R"({"messages":[{"role":"user","content":"hi"},)"
           R"({"role":"assistant","content":"Hel"},)"
           R"({"role":"user","content":"Your last message was cut off. )"
           R"(Continue it exactly where it stops, without repeating or )"
           R"(commenting on any of it."}],"model":"next","stream":true})");
  p.say(stream_head() + chunk(chunk_of("b", role)));
  o.w.settle();
  CHECK(o.told.started == 0);
  p.say(chunk(chunk_of("b", R"({"content":"lo"})")));
  REQUIRE(o.w.until([&] { return o.told.chunks == 1; }));
  CHECK(o.told.started == 1);
  CHECK(o.told.text == chunk_of("a", R"({"content":"lo"})"));
  p.say(chunk(chunk_of("b", "{}", R"("stop")") + done) + "0\r\n\r\n");
  REQUIRE(o.ended());
  CHECK_FALSE(o.told.failed);
  CHECK(o.told.text
        == chunk_of("a", R"({"content":"lo"})")
             + chunk_of("a", "{}", R"("stop")", mark) + done);
}

TEST_CASE("a stream that only lacks its end gets it without a question") {
  onward o{so_far + chunk_of("a", "{}", R"("stop")")};
  CHECK(o.told.started + o.told.ends == 0);
  REQUIRE(o.ended());
  CHECK_FALSE(o.told.failed);
  CHECK(o.told.started == 1);
  CHECK(o.told.text == done);
  CHECK_FALSE(o.w.provider.accept());
}

TEST_CASE("whoever gets the end without a question may leave at any time") {
  for (bool at_start : {true, false}) {
    onward o{so_far + chunk_of("a", "{}", R"("stop")")};
    (at_start ? o.told.at_start : o.told.at_more) = [&o] { o.running.reset(); };
    REQUIRE(o.w.until([&] { return o.told.gone; }));
    CHECK(o.told.ends == 0);
    CHECK(o.told.chunks == (at_start ? 0 : 1));
  }
}

TEST_CASE("a stream that cannot go on is no failure of the next provider") {
  for (auto delta :
       {R"({"tool_calls":[{"index":0}]})", R"({"content":"\ud83d"})"}) {
    onward o{so_far + chunk_of("a", delta)};
    REQUIRE(o.ended());
    REQUIRE(o.told.failed);
    CHECK(o.told.started == 0);
    CHECK(o.told.failed->code == errc::llm_error);
    CHECK(outcome_of(*o.told.failed) == outcome::ignored);
    CHECK_FALSE(transient(*o.told.failed));
    CHECK_FALSE(o.w.provider.accept());
  }
}

TEST_CASE("a request that is no stream has nothing to go on from") {
  onward o{so_far, false};
  auto p = o.w.next();
  CHECK(o.body(p).find("Hel") == std::string::npos);
  p.say(reply(R"({"choices":[]})"));
  REQUIRE(o.ended());
  CHECK(o.told.whole->data == R"({"choices":[]})");
}
