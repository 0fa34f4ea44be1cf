#include "actors/policies/revocations.hpp"

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

TEST_CASE("C4: what was begun before its key was revoked never holds after "
          "it; what was begun later, or is another's, does") {
  holds([] {
    revocations it;
    struct begun {
      std::string key;
      std::uint64_t stamp;
      bool revoked = false;
    };
    std::vector<begun> all;
    for (auto word : tape()) {
      auto key = std::string{"ab"[word / 4 % 2]} + "cd"[word / 8 % 2];
      if (word % 4 == 0) {
        auto prefix = key.substr(0, word / 16 % 3);
        it.revoke(prefix);
        for (auto& x : all)
          x.revoked |= x.key.starts_with(prefix);
      } else {
        all.push_back({key, it.stamp()});
      }
      for (auto& x : all)
        RC_ASSERT(it.holds(x.key, x.stamp) == !x.revoked);
    }
  });
}

TEST_CASE("what was begun before the revocations that are remembered does not "
          "hold, whatever its key") {
  revocations it;
  auto early = it.stamp();
  for (std::size_t i = 0; i < 1'024; ++i)
    it.revoke("x");
  CHECK(it.holds("y", early));
  it.revoke("x");
  CHECK_FALSE(it.holds("y", early));
  CHECK(it.holds("y", early + 1));
}
