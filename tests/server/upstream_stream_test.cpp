// Streams: hold-back until the first token, credit, ends.
#include <thread>

#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

struct stream {
  explicit stream(reply_limits limits = {}) : w{limits} {
    running = w.ask(told, true);
    p.emplace(w.next());
  }
  bool ended() {
    return w.until([this] { return told.ends == 1; });
  }

  world w;
  story told;
  std::unique_ptr<exchange> running;
  std::optional<peer> p;
};

const std::string end_of_body = "0\r\n\r\n";

} // namespace

TEST_CASE("a stream is held back until its first token") {
  stream s;
  s.p->say(stream_head() + chunk("role;"));
  s.w.settle();
  CHECK(s.told.started == 0);
  CHECK(s.told.chunks == 0);
  s.p->say(chunk("a token;"));
  REQUIRE(s.w.until([&] { return s.told.chunks == 1; }));
  CHECK(s.told.started == 1);
  CHECK(s.told.text == "role;a token;");
  s.p->say(chunk("more;"));
  REQUIRE(s.w.until([&] { return s.told.chunks == 2; }));
  s.p->say(chunk("[DONE]"));
  s.w.settle();
  CHECK(s.told.ends == 0);
  s.p->say(end_of_body);
  REQUIRE(s.ended());
  CHECK(s.told.whole->data.empty());
  CHECK(s.told.text == "role;a token;more;[DONE]");
  CHECK(s.told.started == 1);
  CHECK(s.w.idle->size() == 1);
}

TEST_CASE("a stream may be split at every byte") {
  const auto text = stream_head() + chunk("role;") + chunk("a token;")
                    + chunk("[DONE]") + end_of_body;
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    stream s;
    s.p->say(std::string_view{text}.substr(0, cut));
    s.w.settle();
    CHECK(s.told.ends == 0);
    s.p->say(std::string_view{text}.substr(cut));
    REQUIRE(s.ended());
    CHECK_FALSE(s.told.failed);
    CHECK(s.told.text == "role;a token;[DONE]");
    CHECK(s.told.started == 1);
  }
}

TEST_CASE("a stream that breaks before its token was never seen") {
  for (auto text : {"error:", "role;"}) {
    stream s;
    s.p->say(stream_head() + chunk(text));
    s.p->close();
    REQUIRE(s.ended());
    CHECK(s.told.started == 0);
    CHECK(
      s.told.kind()
      == (text[0] == 'e' ? failure_kind::overloaded : failure_kind::framing));
  }
}

TEST_CASE("a stream that breaks after its token has shown what it had") {
  for (int how = 0; how < 3; ++how) {
    stream s;
    s.p->say(stream_head() + chunk("token"));
    REQUIRE(s.w.until([&] { return s.told.chunks == 1; }));
    if (how == 0)
      s.p->close();
    else if (how == 1)
      s.p->reset();
    else
      s.p->say("garbage\r\n");
    REQUIRE(s.ended());
    CHECK(s.told.text == "token");
    CHECK(s.told.kind() == failure_kind::framing);
    CHECK(s.w.idle->size() == 0);
  }
}

TEST_CASE("an end of framing without an end of the stream is a fault") {
  stream s;
  s.p->say(stream_head() + chunk("token") + end_of_body);
  REQUIRE(s.ended());
  CHECK(s.told.kind() == failure_kind::eof);
}

TEST_CASE("a stream that is done stays so, whatever becomes of its framing") {
  for (bool closes : {true, false}) {
    stream s;
    s.p->say(stream_head() + chunk("token[DONE]"));
    if (closes)
      s.p->close();
    else
      s.p->say("garbage\r\n");
    REQUIRE(s.ended());
    CHECK_FALSE(s.told.failed);
    CHECK(s.w.idle->size() == 0);
  }
  stream s;
  s.p->say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
           "token[DONE]");
  REQUIRE(s.ended());
  CHECK_FALSE(s.told.failed);
  CHECK(s.w.until([&] { return s.p->heard(), s.p->ended; }));
}

TEST_CASE("a stream may be over when it is done, and its tail is for nobody") {
  for (const bool ends : {true, false}) {
    world w;
    story told;
    order what;
    what.what = std::make_shared<call>();
    what.request.target = "/";
    what.reader = w.wire.reader(nullptr, {});
    what.by_type = true;
    what.over_when_done = true;
    auto running
      = begin(w.where, std::move(what), std::make_unique<recorder>(told));
    auto p = w.next();
    p.say(stream_head() + chunk("a token;[DONE]"));
    REQUIRE(w.until([&] { return told.ends == 1; }));
    CHECK(told.whole);
    CHECK(w.idle->size() == 0);
    p.say(ends ? end_of_body : chunk("what is more"));
    REQUIRE(w.until([&] {
      p.heard();
      return w.idle->size() == 1 || p.ended;
    }));
    CHECK(p.ended != ends);
  }
}

TEST_CASE("a slow reader blocks the provider, and lets it go on") {
  stream s;
  s.told.keep = true;
  s.p->shrink();
  s.p->say(stream_head() + chunk("token"));
  const auto piece = chunk(std::string(1'000, 'x'));
  std::string pending;
  std::size_t sent = 0;
  auto push = [&] {
    if (pending.empty())
      pending = piece;
    auto size = s.p->say_some(pending);
    pending.erase(0, size);
    sent += size;
    return size > 0;
  };
  auto flood = [&] {
    // Blocked: nothing fits although the reader had every chance to read.
    do
      s.w.settle();
    while (push());
  };
  flood();
  const auto blocked = sent;
  const auto shown = s.told.text.size();
  CHECK(shown <= 64 * 1024);
  CHECK(shown > 32 * 1024);
  flood();
  CHECK(s.told.text.size() == shown);
  CHECK(sent == blocked);
  for (int round = 0; round < 3; ++round) {
    auto before = s.told.text.size();
    s.told.kept.clear();
    REQUIRE(s.w.until([&] { return s.told.text.size() > before; }));
    flood();
    CHECK(s.told.text.size() - before <= 64 * 1024);
  }
  s.told.keep = false;
  s.told.kept.clear();
  auto rest = pending + chunk("[DONE]") + end_of_body;
  CHECK(s.w.until([&] {
    rest.erase(0, rest.empty() ? 0 : s.p->say_some(rest));
    return s.told.ends == 1;
  }));
  CHECK_FALSE(s.told.failed);
}

TEST_CASE("credit and leases come back from other threads") {
  stream s;
  s.told.keep = true;
  const std::string data(70'000, 'x');
  auto text = stream_head() + chunk("token") + chunk(data);
  std::string_view rest = text;
  while (!rest.empty()) {
    rest.remove_prefix(s.p->say_some(rest));
    s.w.settle();
    std::thread{[kept = std::exchange(s.told.kept, {})]() mutable {
      kept.clear();
    }}.join();
  }
  s.p->say(chunk("[DONE]") + end_of_body);
  while (s.told.ends == 0) {
    REQUIRE(s.w.until([&] { return s.told.ends || !s.told.kept.empty(); }));
    std::thread{[kept = std::exchange(s.told.kept, {})]() mutable {
      kept.clear();
    }}.join();
  }
  CHECK_FALSE(s.told.failed);
  REQUIRE(s.w.idle->size() == 1);
  story whole;
  auto running = s.w.ask(whole);
  s.w.request(*s.p);
  s.p->say(reply("{}"));
  REQUIRE(s.w.until([&] { return whole.ends == 1; }));
  std::thread{[kept = std::move(*whole.whole)]() mutable {
    kept.owner.reset();
  }}.join();
  CHECK(s.w.until([&] { return s.w.idle->size() == 1; }));
}

TEST_CASE("an exchange may be destroyed in any of the callbacks") {
  for (int where = 0; where < 4; ++where) {
    stream s;
    auto stop = [&] {
      s.running.reset();
      CHECK_FALSE(s.told.gone);
    };
    if (where == 0)
      s.told.at_start = stop;
    else if (where == 1)
      s.told.at_more = stop;
    else
      s.told.at_end = stop;
    s.p->say(stream_head() + chunk("token"));
    s.p->say(where == 3 ? "garbage\r\n" : chunk("[DONE]") + end_of_body);
    REQUIRE(s.w.until([&] { return s.told.gone; }));
    CHECK_FALSE(s.running);
    CHECK(s.told.ends == (where < 2 ? 0 : 1));
    s.w.settle();
    if (where < 2)
      CHECK(s.w.until([&] { return s.p->heard(), s.p->ended; }));
  }
}

TEST_CASE("an exchange may be destroyed while its chunks are read") {
  stream s;
  s.told.keep = true;
  s.p->say(stream_head() + chunk("token"));
  REQUIRE(s.w.until([&] { return s.told.chunks == 1; }));
  s.running.reset();
  s.w.settle();
  CHECK(s.told.kept.front().data == "token");
  s.told.kept.clear();
  s.w.settle();
  CHECK(s.told.ends == 0);
}
