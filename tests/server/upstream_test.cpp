// Whole replies: what is sent, how it is read, how connections are used again.
#include <algorithm>

#include "server/upstream/connection.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

/// Asks, and answers on a connection that is there already.
story over(world& w, peer& p, std::string_view text) {
  story told;
  auto running = w.ask(told);
  w.request(p);
  p.say(text);
  CHECK(w.until([&] { return told.ends == 1; }));
  return told;
}

} // namespace

TEST_CASE("a request is one proper head and the pieces of the body") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  auto at = std::to_string(w.provider.port);
  CHECK(p.all
        == "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + at
             + "\r\nUser-Agent: caisson/" CAISSON_VERSION
               "\r\nAccept-Encoding: identity\r\n"
               "Content-Type: application/json\r\n"
               "Authorization: Bearer key\r\n"
               "traceparent: 00-0af7651916cd43dd8448eb211c80319c-"
               "b7ad6b7169203331-01\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
  p.say(reply("{}"));
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.whole->data == "{}");
  CHECK(told.gone);
}

TEST_CASE("a body larger than the socket's buffer is sent to its end") {
  world w;
  w.wire.body = {std::string(8'000'000, 'x'), "end"};
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  CHECK(p.all.ends_with("xend"));
  p.say(reply("{}"));
  CHECK(w.until([&] { return told.whole.has_value(); }));
  told.whole.reset();
  w.settle();
  CHECK(w.idle->size() == 1);
}

TEST_CASE("a connection goes back when the reply lent from it is dropped") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say(reply("{\"b\":2}"));
  REQUIRE(w.until([&] { return told.whole.has_value(); }));
  CHECK(w.idle->size() == 0);
  running.reset();
  CHECK(told.whole->data == "{\"b\":2}");
  told.whole.reset();
  w.settle();
  CHECK(w.idle->size() == 1);
  CHECK(over(w, p, reply("again")).whole->data == "again");
  CHECK_FALSE(w.provider.accept());
}

TEST_CASE("a translated reply gives its connection back at once") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  told.at_end = [&] { CHECK(w.idle->size() == 1); };
  p.say(reply("translate me"));
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.whole->data == "translated");
}

TEST_CASE("a reply may be split at every byte") {
  const auto sized
    = reply("{\"c\":3}", "Date: x\r\nKeep-Alive: timeout=30\r\n");
  const auto chunked = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       + chunk("{\"c\"") + chunk(":3}") + "0\r\n\r\n";
  for (auto& text : {sized, chunked}) {
    world w;
    story first;
    auto warm = w.ask(first);
    auto p = w.next();
    p.say(reply("{}"));
    REQUIRE(w.until([&] { return first.ends == 1; }));
    first.whole.reset();
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      story told;
      auto running = w.ask(told);
      w.request(p);
      p.say(std::string_view{text}.substr(0, cut));
      w.settle();
      CHECK(told.ends == 0);
      p.say(std::string_view{text}.substr(cut));
      REQUIRE(w.until([&] { return told.ends == 1; }));
      REQUIRE(told.whole);
      REQUIRE(told.whole->data == "{\"c\":3}");
    }
    CHECK_FALSE(w.provider.accept());
  }
}

TEST_CASE("a large reply lies in one piece, and its buffer is given up") {
  world w;
  const std::string body(3'000'000, 'y');
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  auto text = reply(body);
  std::string_view rest = text;
  while (!rest.empty()) {
    rest.remove_prefix(p.say_some(rest));
    w.settle();
  }
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.whole->data == body);
  told.whole.reset();
  CHECK(over(w, p, reply("small")).whole->data == "small");
}

TEST_CASE("a reply until the end of the connection is whole, and the last") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say("HTTP/1.1 200 OK\r\n\r\n{\"d\"");
  w.settle();
  p.say(":4}");
  p.close();
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.whole->data == "{\"d\":4}");
  told.whole.reset();
  w.settle();
  CHECK(w.idle->size() == 0);
}

TEST_CASE("a connection is not used again when there is a doubt about it") {
  for (auto& text :
       {reply("{}", "Connection: close\r\n"),
        reply("{}", "Keep-Alive: timeout=1\r\n"),
        reply("{}") + "HTTP/1.1 200 OK\r\n",
        std::string{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"}}) {
    world w;
    story told;
    auto running = w.ask(told);
    auto p = w.next();
    p.say(text);
    REQUIRE(w.until([&] { return told.ends == 1; }));
    CHECK(told.whole->data == "{}");
    told.whole.reset();
    w.settle();
    CHECK(w.idle->size() == 0);
    CHECK(w.until([&] { return p.heard(), p.ended; }));
  }
}

TEST_CASE("an idle connection leaves when its peer ends or speaks unasked") {
  for (bool speaks : {false, true}) {
    world w;
    story told;
    auto running = w.ask(told);
    auto p = w.next();
    p.say(reply("{}"));
    REQUIRE(w.until([&] { return told.ends == 1; }));
    told.whole.reset();
    w.settle();
    CHECK(w.idle->size() == 1);
    if (speaks)
      p.say("HTTP/1.1 408 Request Timeout\r\n\r\n");
    else
      p.close();
    CHECK(w.until([&] { return w.idle->size() == 0; }));
  }
}

TEST_CASE("a second reply sent unasked is never somebody else's answer") {
  world w;
  story told;
  auto running = w.ask(told);
  auto p = w.next();
  p.say(reply("{}"));
  REQUIRE(w.until([&] { return told.ends == 1; }));
  p.say(reply("poison"));
  told.whole.reset();
  story other;
  auto next = w.ask(other);
  auto q = w.next();
  q.say(reply("clean"));
  REQUIRE(w.until([&] { return other.ends == 1; }));
  CHECK(other.whole->data == "clean");
}

TEST_CASE("an idle connection is reused youngest first and dies of age") {
  world w{{}, {.most = 2, .longest = std::chrono::milliseconds{1'000}}};
  std::vector<peer> peers;
  std::vector<story> told(3);
  std::vector<std::unique_ptr<exchange>> running;
  for (auto& each : told) {
    running.push_back(w.ask(each));
    peers.push_back(w.next());
  }
  for (std::size_t i = 0; i < 3; ++i) {
    peers[i].say(reply("{}"));
    REQUIRE(w.until([&] { return told[i].ends == 1; }));
    told[i].whole.reset();
  }
  w.settle();
  CHECK(w.idle->size() == 2);
  peers[0].heard();
  CHECK(peers[0].ended);
  over(w, peers[2], reply("{}"));
  w.settle();
  w.now += std::chrono::milliseconds{1'500};
  story late;
  auto fresh = w.ask(late);
  auto p = w.next();
  CHECK(w.idle->size() == 0);
  p.say(reply("{}"));
  CHECK(w.until([&] { return late.whole.has_value(); }));
}
