#include "server/upstream/kept_prefixes.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::upstream;
using namespace std::chrono_literals;

namespace {

/// What is kept, in a time of its own.
struct house {
  explicit house(std::size_t most = 4)
    : kept{{.life = 300s, .margin = 10s, .pause = 60s, .most = most},
           [this] { return now; }} {}

  static kept_prefixes::digest of(std::string_view text) {
    return kept_prefixes::digest_of("m", text);
  }

  time_point now{1h};
  kept_prefixes kept;
};

} // namespace

TEST_CASE("of equal prefixes at once one is created, the others do without") {
  house it;
  CHECK(it.kept.look(it.of("a")).create);
  for (int i = 0; i < 3; ++i) {
    const auto other = it.kept.look(it.of("a"));
    CHECK_FALSE(other.create);
    CHECK(other.name.empty());
  }
  CHECK(it.kept.look(it.of("b")).create);
}

TEST_CASE("a prefix is called by its name until shortly before its end") {
  house it;
  const auto asked = it.now;
  it.kept.look(it.of("a"));
  it.now += 5s;
  it.kept.created(it.of("a"), "name", asked);
  it.now = asked + 289s;
  CHECK(it.kept.look(it.of("a")).name == "name");
  it.now = asked + 290s;
  const auto then = it.kept.look(it.of("a"));
  CHECK(then.name.empty());
  CHECK(then.create);
}

TEST_CASE("what could not be created, or is gone, is not tried for a while") {
  house it;
  it.kept.look(it.of("a")); // and nothing came of it
  it.now += 59s;
  CHECK_FALSE(it.kept.look(it.of("a")).create);
  it.now += 1s;
  CHECK(it.kept.look(it.of("a")).create);
  it.kept.created(it.of("a"), "name", it.now);
  it.kept.gone(it.of("a"));
  CHECK(it.kept.look(it.of("a")).name.empty());
  it.now += 59s;
  CHECK_FALSE(it.kept.look(it.of("a")).create);
  it.now += 1s;
  CHECK(it.kept.look(it.of("a")).create);
}

TEST_CASE("no more are kept than are allowed; what has ended makes room") {
  house it{2};
  CHECK(it.kept.look(it.of("a")).create);
  CHECK(it.kept.look(it.of("b")).create);
  CHECK_FALSE(it.kept.look(it.of("c")).create);
  it.kept.created(it.of("a"), "name", it.now);
  it.now += 60s;
  CHECK(it.kept.look(it.of("c")).create);
  CHECK(it.kept.look(it.of("a")).name == "name");
}

TEST_CASE("the same prefix of two models is two") {
  using keeper = kept_prefixes;
  CHECK(keeper::digest_of("m", "x") == keeper::digest_of("m", "x"));
  CHECK(keeper::digest_of("m", "x") != keeper::digest_of("n", "x"));
  CHECK(keeper::digest_of("m", "x") != keeper::digest_of("m", "y"));
}
