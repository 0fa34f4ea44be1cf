#include "actors/shared_reply.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

struct client final : responder {
  bool waits() const noexcept override { return here; }
  void answer(bytes body, const provenance&) override {
    said += "answer:" + std::string{body.data};
  }
  void begin(const provenance& from) override {
    said += "begin:" + std::string{from.dependency} + " ";
  }
  void more(bytes chunk) override { said += chunk.data; }
  void end() override { said += " end"; }
  void fail(const fault&, const provenance&) override { said += "fail"; }

  bool here = true;
  std::string said;
};

struct fixture {
  std::shared_ptr<client> whom = std::make_shared<client>();
  std::shared_ptr<shared_reply> it;
  std::vector<std::uint32_t> won;

  explicit fixture(bool keep = true)
    : it(std::make_shared<shared_reply>(whom, keep)) {}

  std::shared_ptr<responder> lane(std::uint32_t number) {
    return it->lane(number);
  }

  void race() {
    it->race([this](std::uint32_t lane) { won.push_back(lane); });
  }
};

const provenance from_a{"a", "m", 1};
const provenance from_b{"b", "m", 2};

} // namespace

TEST_CASE("the first lane that speaks wins, once, and the others are not "
          "heard") {
  fixture f;
  auto one = f.lane(1);
  auto two = f.lane(2);
  f.race();
  CHECK(one->waits());
  two->begin(from_b);
  one->begin(from_a);
  one->more(own("lost"));
  two->more(own("x"));
  one->end();
  one->answer(own("lost"), from_a);
  one->fail({}, from_a);
  two->end();
  CHECK(f.whom->said == "begin:b x end");
  CHECK(f.won == std::vector{2U});
  CHECK_FALSE(one->waits());
}

TEST_CASE("a whole answer wins like a stream's first word") {
  fixture f;
  auto one = f.lane(1);
  auto two = f.lane(2);
  f.race();
  one->answer(own("yes"), from_a);
  two->answer(own("no"), from_b);
  CHECK(f.whom->said == "answer:yes");
  CHECK(f.won == std::vector{1U});
}

TEST_CASE("a win is told where two race, and once") {
  fixture f;
  auto one = f.lane(1);
  one->begin(from_a);
  CHECK(f.won.empty());

  f.it->reopen();
  auto two = f.lane(2);
  auto three = f.lane(3);
  f.race();
  three->more(own("lost")); // it has not begun
  three->begin(from_b);
  f.it->reopen();
  f.lane(4)->begin(from_a);
  CHECK(f.won == std::vector{3U});
  CHECK(f.whom->said == "begin:a ");
}

TEST_CASE("a lane speaks after all others and its maker are gone") {
  fixture f;
  auto one = f.lane(1);
  f.lane(2);
  f.it.reset();
  one->answer(own("yes"), from_a);
  CHECK(f.whom->said == "answer:yes");
}

TEST_CASE("after the winner died in mid-stream the next lane goes on, without "
          "another beginning") {
  fixture f;
  auto one = f.lane(1);
  one->begin(from_a);
  one->more(own("1"));
  f.it->reopen();
  auto two = f.lane(2);
  two->begin(from_b);
  two->more(own("2"));
  two->end();
  CHECK(f.whom->said == "begin:a 12 end");
  CHECK(*f.it->so_far() == "12");
}

TEST_CASE("what the client has is kept only where asked for, and only up to "
          "its bound") {
  fixture f{false};
  f.lane(1)->begin(from_a);
  CHECK(f.it->so_far() == nullptr);

  fixture g;
  auto one = g.lane(1);
  one->begin(from_a);
  std::string most(shared_reply::most_kept, 'x');
  one->more(own(most));
  CHECK(g.it->so_far()->size() == most.size());
  one->more(own("y"));
  CHECK(g.it->so_far() == nullptr);
  one->more(own("z")); // the client still gets all of it
  CHECK(g.whom->said.ends_with("xyz"));
}

TEST_CASE("nobody waits on any lane when the client has left") {
  fixture f;
  auto one = f.lane(1);
  f.whom->here = false;
  CHECK_FALSE(one->waits());
}

TEST_CASE("what is kept of a stream has nothing of those before it") {
  for (std::string text : {"first", "second", "x"}) {
    fixture f;
    auto one = f.lane(1);
    one->begin(from_a);
    CHECK(f.it->so_far()->empty());
    one->more(own(text));
    one->more(own("!"));
    CHECK(*f.it->so_far() == text + "!");
  }
}
