// What goes wrong with an attempt, and what it is called.
#include <utility>

#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

/// What comes of a first reply on a new connection. Ends the connection after
/// it, unless it is to stay.
fault after(std::string_view text, bool stay = false, reply_limits limits = {},
            bool stream = false) {
  world w{limits};
  story told;
  auto running = w.ask(told, stream);
  auto p = w.next();
  p.say(text);
  if (!stay)
    p.close();
  CHECK(w.until([&] { return told.ends == 1; }));
  CHECK(told.gone);
  CHECK(w.idle->size() == 0);
  CHECK_FALSE(w.provider.accept());
  REQUIRE(told.failed);
  return *told.failed;
}

} // namespace

TEST_CASE("a closed port is a failed connect") {
  world w;
  w.provider.close();
  story told;
  auto running = w.ask(told);
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::connect);
  CHECK(told.failed->code == errc::llm_unavailable);
  CHECK(told.failed->detail.find("127") == std::string::npos);
}

TEST_CASE("a name that does not resolve is a failure of the DNS") {
  world w;
  w.where->where.host = "name.invalid";
  w.where->names = std::make_shared<resolver>(
    resolver::settings{},
    [](const origin&, error_code& ec) {
      ec = boost::asio::error::host_not_found;
      return addresses{};
    },
    [] { return std::chrono::steady_clock::now(); });
  story told;
  auto running = w.ask(told);
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::dns);
  CHECK(told.failed->code == errc::llm_unavailable);
}

TEST_CASE("a connection that is not there in time is a connect timeout") {
  for (int wait : {0, 50}) {
    world w;
    // A listener whose queue is full drops further SYNs, as a black hole does.
    w.provider.fill();
    story told;
    attempt which{std::make_shared<call>(), "m"};
    which.connect_by
      = std::chrono::steady_clock::now() + std::chrono::milliseconds{wait};
    auto running = w.port->start(which, std::make_unique<recorder>(told));
    REQUIRE(w.until([&] { return told.ends == 1; }));
    CHECK(told.kind() == failure_kind::connect_timeout);
    CHECK(told.failed->code == errc::llm_timeout);
    CHECK(std::chrono::steady_clock::now()
          < which.connect_by + std::chrono::seconds{1});
  }
}

TEST_CASE("an end or a reset before the reply is told apart") {
  CHECK(after("").kind == failure_kind::eof);
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.reset();
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::reset);
  CHECK(told.failed->code == errc::llm_error);
}

TEST_CASE("a truncated reply is a framing failure") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  CHECK(after("HTTP/1.1 200").kind == failure_kind::framing);
  CHECK(after(ok + "Content-Length: 9\r\n\r\n{}").kind
        == failure_kind::framing);
  CHECK(after(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n").kind
        == failure_kind::framing);
}

TEST_CASE("what is not proper HTTP is refused while the peer waits") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (auto& text :
       {std::string{"hello\n\n"},
        ok
          + "Content-Length: 2\r\n"
            "Content-Length: 3\r\n\r\n{}",
        ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        std::string{"HTTP/1.1 101 Switching Protocols\r\n\r\n"}})
    CHECK(after(text, true).kind == failure_kind::framing);
}

TEST_CASE("interim replies are skipped, but not without end") {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  std::string text;
  for (int i = 0; i < 32; ++i)
    text += interim;
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say(text + reply("{}"));
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.whole->data == "{}");
  CHECK(after(text + interim, true).kind == failure_kind::framing);
}

TEST_CASE("what is too large is cut off, however it is framed") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  reply_limits small;
  small.whole = 1'000;
  small.head = 4'096;
  const std::string data(1'500, 'x');
  for (auto& text : {ok + "Content-Length: 1001\r\n\r\n", ok + "\r\n" + data,
                     ok + "Transfer-Encoding: chunked\r\n\r\n" + chunk(data),
                     ok + "X: " + std::string(5'000, 'y')})
    CHECK(after(text, true, small).kind == failure_kind::too_large);
}

TEST_CASE("a stream is bounded before its token and in all") {
  reply_limits small;
  small.held = 100;
  small.stream = 1'000;
  const std::string filler(300, 'x');
  CHECK(after(stream_head() + chunk(filler), true, small, true).kind
        == failure_kind::too_large);
  auto longer = stream_head() + chunk("token");
  for (int i = 0; i < 4; ++i)
    longer += chunk(filler);
  CHECK(after(longer, true, small, true).kind == failure_kind::too_large);
}

TEST_CASE("nonsense in good framing is a decode failure") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  CHECK(after(ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}").kind
        == failure_kind::decode);
  CHECK(after(reply("{}"), true, {}, true).kind == failure_kind::decode);
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say(reply("bad"));
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::decode);
  CHECK(w.idle->size() == 1);
}

TEST_CASE("another status is judged by the dialect and its body") {
  const std::string head = "HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nDate: d\r\n";
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say(head + "Content-Length: 4\r\n\r\nwait");
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.failed->detail == "429|2|d|wait");
  CHECK(w.idle->size() == 1);
  CHECK(after(head + "Content-Length: 9\r\n\r\ncut").detail == "429|2|d|cut");
  auto huge = after(
    head + "Content-Length: 99999\r\n\r\n" + std::string(70'000, 'z'), true);
  CHECK(huge.detail.size() == 65'536 + 8);
}

TEST_CASE("a stale connection costs one free try on a new one") {
  for (bool resets : {false, true}) {
    world w;
    story first;
    auto running = w.ask(first);
    auto p = w.next();
    p.say(reply("{}"));
    REQUIRE(w.until([&] { return first.ends == 1; }));
    first.whole.reset();
    story told;
    running = w.ask(told);
    w.request(p);
    if (resets)
      p.reset();
    else
      p.close();
    auto q = w.next();
    CHECK(q.all.ends_with("{\"a\":1}"));
    CHECK(told.ends == 0);
    q.say(reply("fresh"));
    REQUIRE(w.until([&] { return told.ends == 1; }));
    CHECK(told.whole->data == "fresh");
  }
}

TEST_CASE("the free try is one, and only for what may be sent twice") {
  for (bool idempotent : {true, false}) {
    world w;
    story first;
    auto running = w.ask(first);
    auto p = w.next();
    p.say(reply("{}"));
    REQUIRE(w.until([&] { return first.ends == 1; }));
    first.whole.reset();
    story told;
    running = w.ask(told, false, idempotent);
    w.request(p);
    p.close();
    if (idempotent)
      w.next().close();
    REQUIRE(w.until([&] { return told.ends == 1; }));
    CHECK(told.kind() == failure_kind::eof);
    CHECK_FALSE(w.provider.accept());
  }
}

TEST_CASE("an early refusal is heard though the request is not yet sent") {
  world w;
  w.wire.body = {std::string(8'000'000, 'x')};
  story told;
  auto running = w.ask(told);
  auto p = w.accept();
  p.say("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.failed->detail == "413|||");
  CHECK(w.idle->size() == 0);
}

TEST_CASE("cancelling closes the socket, and nothing more is heard") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
  w.settle();
  running.reset();
  CHECK(told.gone);
  CHECK(w.until([&] { return p.heard(), p.ended; }));
  CHECK(told.ends == 0);
  story never;
  running = w.ask(never);
  running.reset();
  w.settle();
  CHECK_FALSE(w.provider.accept());
  CHECK(never.ends == 0);
  CHECK(never.gone);
}

TEST_CASE("what cannot be encoded or must not be sent fails unsent") {
  world w;
  w.wire.refuses = make_fault(errc::validation_constraint, "no images");
  story told;
  auto running = w.ask(told);
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.failed->code == errc::validation_constraint);
  w.wire.refuses.reset();
  for (auto fields :
       {"X: a\r\n\r\nGET / HTTP/1.1\r\n", "X: a\r", "X\r\n", "Host: other\r\n",
        "Expect: 100-continue\r\n", "A: b\nC: d\r\n", " X: a\r\n"}) {
    w.wire.fields = fields;
    story bad;
    running = w.ask(bad);
    REQUIRE(w.until([&] { return bad.ends == 1; }));
    CHECK(bad.failed->code == errc::unexpected);
  }
  http_provider_port odd{w.where, w.wire, "key\r\nX: y", "p"};
  story key;
  running = odd.start({std::make_shared<call>(), "m"},
                      std::make_unique<recorder>(key));
  REQUIRE(w.until([&] { return key.ends == 1; }));
  CHECK(key.kind() == failure_kind::credentials);
  CHECK_FALSE(w.provider.accept());
}
