#include "actors/cache/store_line.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/actors/cache/kept_world.hpp"
#include "tests/actors/cache/plain_batch.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

void join(store_line& line, std::size_t count,
          const store_line::question& put) {
  for (std::size_t i = 0; i < count; ++i)
    line.join(put);
}

} // namespace

TEST_CASE("few questions are under way at a time, and the others have their "
          "turn") {
  store_line line;
  std::size_t put = 0;
  join(line, 100, [&] { ++put; });
  line.advance();
  CHECK(put == store_line::most_under_way);
  CHECK(line.under_way() == store_line::most_under_way);
  line.done();
  line.advance();
  CHECK(put == store_line::most_under_way + 1);
  CHECK(line.waiting() == 100 - put);
}

TEST_CASE("answers that come at once do not pile up") {
  store_line line;
  std::size_t depth = 0, deepest = 0, put = 0;
  join(line, 5'000, [&] {
    deepest = std::max(deepest, ++depth);
    ++put;
    line.done();
    line.advance();
    --depth;
  });
  line.advance();
  CHECK(put == 5'000);
  CHECK(deepest == 1);
  CHECK(line.waiting() == 0);
  CHECK(line.under_way() == 0);
}

TEST_CASE("a crowd of parts does not fill the store's bulkhead") {
  kept_world w{{}, true};
  std::string letters;
  for (int c = 1; c < 250; ++c)
    if (c != ':')
      letters += static_cast<char>(c);
  CHECK(w.it.submit("m", batch_of(letters))->answered());
  w.it.run();
  CHECK(w.store.has.size() == letters.size());
  CHECK(w.it.count(families::bulkhead_rejections, {"store", "full"}) == 0);
}
