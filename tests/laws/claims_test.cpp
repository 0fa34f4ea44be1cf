#include "actors/policies/claims.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

constexpr time_point start = time_point{} + std::chrono::hours{1};
constexpr std::chrono::seconds lease{5};

struct table : claims {
  std::string ask(std::string key, std::string token, time_point now = start,
                  std::string instead_of = {}) {
    auto node = token.substr(token.find('@') + 1);
    return claim(key,
                 {std::move(token), node, std::move(instead_of), now + lease},
                 now)
      .value_or("nobody");
  }
};

} // namespace

TEST_CASE("C2: of all who claim a key the first has it until he lets go") {
  table it;
  CHECK(it.ask("x", "1@a") == "1@a");
  CHECK(it.ask("x", "2@b") == "1@a");
  CHECK(it.ask("y", "2@b") == "2@b");
  it.release("x", "2@b");
  CHECK(it.ask("x", "3@c") == "1@a");
  it.release("x", "1@a");
  CHECK(it.ask("x", "3@c") == "3@c");
}

TEST_CASE("a claim holds for its lease, from when it was said last") {
  table it;
  it.ask("x", "1@a");
  CHECK(it.ask("x", "1@a", start + lease / 2) == "1@a");
  CHECK(it.ask("x", "2@b", start + lease) == "1@a");
  CHECK(it.ask("x", "2@b", start + lease * 3 / 2) == "2@b");
  it.release("x", "1@a");
  CHECK(it.ask("x", "1@a", start + lease * 3 / 2) == "2@b");
}

TEST_CASE("one who was said to have it and has not is replaced, by the first "
          "who found out") {
  table it;
  it.ask("x", "1@a");
  CHECK(it.ask("x", "2@b", start, "1@a") == "2@b");
  CHECK(it.ask("x", "3@c", start, "1@a") == "2@b");
}

TEST_CASE("what a node had that is gone is anybody's") {
  table it;
  it.ask("x", "1@a");
  it.ask("y", "2@a");
  it.ask("z", "3@b");
  it.gone("a");
  CHECK(it.size() == 1);
  CHECK(it.ask("x", "4@c") == "4@c");
  CHECK(it.ask("z", "4@c") == "3@b");
}

TEST_CASE("what an invalidation has overtaken is nobody's to wait for") {
  table it;
  it.ask("llm:me:x:1", "1@a");
  it.ask("embeddings:me:x:1", "2@a");
  it.forget("llm:");
  CHECK(it.ask("llm:me:x:1", "3@b") == "3@b");
  CHECK(it.ask("embeddings:me:x:1", "3@b") == "2@a");
}

TEST_CASE("claims are bounded, and those that are over make room") {
  table it;
  for (std::size_t i = 0; i < 65'536; ++i)
    it.ask(std::to_string(i), "1@a");
  CHECK(it.size() == 65'536);
  CHECK(it.ask("x", "2@b") == "nobody");
  CHECK(it.ask("0", "2@b") == "1@a");
  CHECK(it.ask("x", "2@b", start + lease) == "2@b");
  CHECK(it.size() == 1);
}
