// An attempt whose request begins with something that the provider can keep.
#include "protocol/chat_request.hpp"
#include "server/upstream/kept_prefixes.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;
using namespace std::chrono_literals;

namespace {

const std::string book(5 * 4096, 'b');
const std::string answer
  = R"({"candidates":[{"content":{"parts":[{"text":"hi"}]},)"
    R"("finishReason":"STOP"}]})";

std::string refusal(int status) {
  return "HTTP/1.1 " + std::to_string(status)
         + " No\r\nContent-Length: 2\r\n\r\n{}";
}

/// Attempts at a provider of Google's wire, one at a time.
struct keeper {
  keeper() {
    port = std::make_unique<http_provider_port>(
      w.where, *protocol::dialect_for("google"), "KEY", "g", kept);
  }

  std::unique_ptr<exchange> ask(story& told, duration patience = 5s) {
    auto what = std::make_shared<call>();
    what->body = protocol::chat_request::read(
                   R"({"model":"m","messages":[{"role":"system","content":")"
                   + book + R"("},{"role":"user","content":"hi"}]})")
                   .value();
    attempt which{what, "gem"};
    which.connect_by = std::chrono::steady_clock::now() + patience;
    auto running = port->start(which, std::make_unique<recorder>(told));
    CHECK(told.started + told.ends == 0);
    return running;
  }

  /// The next request of a connection; what it is for.
  std::string heard(peer& from) {
    from.all.clear();
    w.request(from);
    const auto& text = from.all;
    if (text.find("/cachedContents HTTP") != text.npos)
      return "create";
    const auto at = text.find(R"("cachedContent":")");
    if (at == text.npos)
      return text.find(book) == text.npos ? "?" : "plain";
    const auto begin = at + 17;
    return text.substr(begin, text.find('"', begin) - begin);
  }

  bool ended(story& told) {
    return w.until([&] { return told.ends == 1; });
  }

  world w;
  std::shared_ptr<kept_prefixes> kept = std::make_shared<kept_prefixes>();
  std::unique_ptr<http_provider_port> port;
};

} // namespace

TEST_CASE("a prefix is created once and named from then on") {
  keeper it;
  story first;
  auto one = it.ask(first);
  auto to = it.w.accept();
  CHECK(it.heard(to) == "create");
  to.say(reply(R"({"name":"cachedContents/x1"})"));
  CHECK(it.heard(to) == "cachedContents/x1");
  to.say(reply(answer));
  CHECK(it.ended(first));
  CHECK(first.whole);
  story second;
  auto two = it.ask(second);
  CHECK(it.heard(to) == "cachedContents/x1");
  to.say(reply(answer));
  CHECK(it.ended(second));
}

TEST_CASE("who comes while a prefix is created does without") {
  keeper it;
  story first;
  story second;
  auto one = it.ask(first);
  auto creating = it.w.accept();
  CHECK(it.heard(creating) == "create");
  auto two = it.ask(second);
  auto other = it.w.accept();
  CHECK(it.heard(other) == "plain");
  other.say(reply(answer));
  CHECK(it.ended(second));
  CHECK(first.ends == 0);
}

TEST_CASE("a creation that fails in any way costs the attempt nothing") {
  keeper it;
  story told;
  auto one = it.ask(told);
  auto to = it.w.accept();
  CHECK(it.heard(to) == "create");
  SECTION("refused") {
    to.say(refusal(400));
  }
  SECTION("broken") {
    to.say(refusal(500));
  }
  SECTION("nonsense") {
    to.say(reply("{}"));
  }
  SECTION("cut") {
    to.reset();
    to = it.w.accept();
  }
  CHECK(it.heard(to) == "plain");
  to.say(reply(answer));
  CHECK(it.ended(told));
  CHECK(told.whole);
}

TEST_CASE("a creation is waited for no longer than for a connection, and the "
          "request has its time for one all the same") {
  keeper it;
  story told;
  auto one = it.ask(told, 50ms);
  auto silent = it.w.accept();
  CHECK(it.heard(silent) == "create");
  CHECK_FALSE(one->answering());
  auto to = it.w.accept();
  CHECK(it.heard(to) == "plain");
  to.say(reply(answer));
  CHECK(it.ended(told));
  CHECK(told.whole);
}

TEST_CASE("a name that the provider does not know any more is forgotten") {
  keeper it;
  story told;
  auto one = it.ask(told);
  auto to = it.w.accept();
  it.heard(to);
  to.say(reply(R"({"name":"cachedContents/x1"})"));
  CHECK(it.heard(to) == "cachedContents/x1");
  to.say(refusal(GENERATE(403, 404)));
  CHECK(it.heard(to) == "plain");
  to.say(reply(answer));
  CHECK(it.ended(told));
  CHECK(told.whole);
  story next;
  auto two = it.ask(next);
  CHECK(it.heard(to) == "plain");
  to.say(reply(answer));
  CHECK(it.ended(next));
}

TEST_CASE("a request that is refused plainly too is the client's mistake, and "
          "the name stays") {
  keeper it;
  story told;
  auto one = it.ask(told);
  auto to = it.w.accept();
  it.heard(to);
  to.say(reply(R"({"name":"cachedContents/x1"})"));
  it.heard(to);
  to.say(refusal(400));
  CHECK(it.heard(to) == "plain");
  to.say(refusal(400));
  CHECK(it.ended(told));
  REQUIRE(told.failed);
  CHECK(told.failed->kind == failure_kind::refused);
  story next;
  auto two = it.ask(next);
  CHECK(it.heard(to) == "cachedContents/x1");
}

TEST_CASE("a failure of the provider is the attempt's, by name or not") {
  keeper it;
  story told;
  auto one = it.ask(told);
  auto to = it.w.accept();
  it.heard(to);
  to.say(reply(R"({"name":"cachedContents/x1"})"));
  it.heard(to);
  to.say(refusal(503));
  CHECK(it.ended(told));
  CHECK(told.kind() == failure_kind::server_error);
}

TEST_CASE("an attempt that is given up says nothing more, whatever it was at") {
  keeper it;
  story told;
  auto one = it.ask(told);
  auto to = it.w.accept();
  it.heard(to);
  SECTION("creating") {}
  SECTION("asking by name") {
    to.say(reply(R"({"name":"cachedContents/x1"})"));
    it.heard(to);
  }
  one.reset();
  CHECK(told.gone);
  it.w.settle();
  CHECK(it.w.until([&] {
    to.heard();
    return to.ended;
  }));
  CHECK(told.ends == 0);
}
