#include "server/redis/subscription.hpp"

#include "actors/telemetry/families.hpp"

#include "tests/server/redis/real_store.hpp"

using namespace caisson;
using namespace caisson::redis;

namespace {

struct ear final : announcement_listener {
  void announced(std::string_view channel, std::string_view text) override {
    heard.push_back(std::string{channel} + ": " + std::string{text});
  }
  void gap() override { ++gaps; }

  std::vector<std::string> heard;
  int gaps = 0;
};

struct fixture {
  store_world it;
  metrics::registry metrics;
  std::shared_ptr<ear> one = std::make_shared<ear>();

  std::shared_ptr<subscription> listen(const std::string& url) {
    return std::make_shared<subscription>(
      address::parse(url).value(),
      redis::access{it.io, std::make_shared<upstream::resolver>(), nullptr, "",
                    ""},
      "store", metrics, it.log);
  }

  double count(std::string_view result) const {
    for (auto& x : metrics.scrape())
      if (x.of == &families::announcements && x.labels.back() == result)
        return x.value;
    return -1;
  }
};

const std::string confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";

std::string message(std::string text) {
  return "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + std::to_string(text.size())
         + "\r\n" + text + "\r\n";
}

} // namespace

TEST_CASE("a listener hears of the gap first, and then what is said",
          "[redis][announcements]") {
  fixture f;
  scripted_store store{f.it};
  auto all = f.listen(store.url());
  all->hear("c", f.one);
  auto there = store.welcome();
  store.hears(there, "SUBSCRIBE\r\n$1\r\nc\r\n");
  there.say(confirmed + message("a") + message("b"));
  REQUIRE(f.it.until([&] { return f.one->heard.size() == 2; }));
  CHECK(f.one->gaps == 1);
  CHECK(f.count("heard") == 2);
  CHECK(f.count("gap") == 1);
  CHECK(f.one->heard == std::vector<std::string>{"c: a", "c: b"});
}

TEST_CASE("after a break it listens again, and says that there was a gap",
          "[redis][announcements]") {
  fixture f;
  scripted_store store{f.it};
  auto all = f.listen(store.url());
  all->hear("c", f.one);
  {
    auto there = store.welcome();
    store.hears(there, "SUBSCRIBE");
    there.say(confirmed);
    REQUIRE(f.it.until([&] { return f.one->gaps == 1; }));
  }
  auto again = store.welcome();
  store.hears(again, "SUBSCRIBE");
  again.say(confirmed + message("a"));
  REQUIRE(f.it.until([&] { return f.one->heard.size() == 1; }));
  CHECK(f.one->gaps == 2);
}

TEST_CASE("garbage among announcements is counted, and more of it is not "
          "believed",
          "[redis][announcements]") {
  fixture f;
  scripted_store store{f.it};
  auto all = f.listen(store.url());
  all->hear("c", f.one);
  auto there = store.welcome();
  store.hears(there, "SUBSCRIBE");
  there.say(confirmed + "+OK\r\n*0\r\n*1\r\n:5\r\n"
            + "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$1\r\nx\r\n"
            + "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n:5\r\n" + message("a"));
  REQUIRE(f.it.until([&] { return f.one->heard.size() == 1; }));
  CHECK(f.count("garbage") == 5);
  // One that is too long is none; one much too long ends the connection.
  there.say(message(std::string(70'000, 'x')));
  REQUIRE(f.it.until([&] { return f.count("garbage") == 6; }));
  there.say(message(std::string(200'000, 'x')));
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
  CHECK(f.count("garbage") == 7);
  CHECK(f.one->heard.size() == 1);
  auto again = store.welcome();
  store.hears(again, "SUBSCRIBE");
}

TEST_CASE("a listener that has gone hears nothing", "[redis][announcements]") {
  fixture f;
  scripted_store store{f.it};
  auto all = f.listen(store.url());
  auto other = std::make_shared<ear>();
  all->hear("c", f.one);
  all->hear("c", other);
  auto there = store.welcome();
  store.hears(there, "SUBSCRIBE");
  there.say(confirmed);
  REQUIRE(f.it.until([&] { return f.one->gaps > 0 && other->gaps > 0; }));
  f.one.reset();
  there.say(message("a"));
  REQUIRE(f.it.until([&] { return other->heard.size() == 1; }));
}

TEST_CASE("what one node publishes another hears, after a kill, too",
          "[redis][announcements][real]") {
  if (!real_store::there())
    return;
  fixture f;
  real_store store{f.it};
  auto& port = f.it.open(store.url());
  auto all = f.listen(store.url());
  all->hear("c", f.one);
  all->hear("d", f.one);
  REQUIRE(f.it.until([&] { return f.one->gaps >= 2; }));
  auto publish = [&](const char* channel, const char* text) {
    f.it.tell(port, words({"PUBLISH", channel, text}));
  };
  publish("c", "1");
  publish("d", "2");
  publish("e", "3");
  REQUIRE(f.it.until([&] { return f.one->heard.size() == 2; }));
  CHECK(f.one->heard == std::vector<std::string>{"c: 1", "d: 2"});
  auto gaps = f.one->gaps;
  store.kill();
  store.start();
  REQUIRE(f.it.until([&] { return f.one->gaps >= gaps + 2; }));
  asked_ptr sent;
  REQUIRE(f.it.until([&] {
    if (!sent || (sent->over() && sent->told.failed))
      sent = f.it.ask(port, words({"PUBLISH", "c", "4"}));
    return f.one->heard.size() == 3;
  }));
  CHECK(f.one->heard.back() == "c: 4");
}
