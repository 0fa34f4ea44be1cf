#include "actors/cache/ear.hpp"

#include "tests/actors/cache/kept_world.hpp"

using namespace caisson;
using namespace caisson::testing;

TEST_CASE("what another node announces is forgotten here, and a gap is "
          "everything") {
  kept_world w;
  cache_ear ear{w.it.tree().caches(), *w.it.home()->metrics};
  w.ask("x");
  ear.announced("channel", "llm:me:y");
  w.it.run();
  w.ask("x");
  CHECK(w.provider().started == 1);
  ear.announced("channel", "llm:me:");
  w.it.run();
  w.ask("x");
  CHECK(w.provider().started == 2);
  ear.gap();
  w.it.run();
  w.ask("x");
  CHECK(w.provider().started == 3);
  CHECK(w.it.count(families::cache_invalidations, {"elsewhere"}) == 2);
  CHECK(w.it.count(families::cache_invalidations, {"gap"}) == 1);
}

TEST_CASE("a stranger's text is no order") {
  kept_world w;
  cache_ear ear{w.it.tree().caches(), *w.it.home()->metrics};
  w.ask("x");
  for (auto& text : {std::string{}, std::string{"llm"}, std::string{"x:"},
                     "llm:" + std::string(600, 'x')})
    ear.announced("channel", text);
  w.it.run();
  w.ask("x");
  CHECK(w.provider().started == 1);
}
