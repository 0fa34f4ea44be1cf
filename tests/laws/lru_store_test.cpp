#include "actors/policies/lru_store.hpp"

#include <list>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

using store = lru_store<int>;

/// What the store is meant to be, by search in a plain list, the last used
/// first.
class reference {
public:
  explicit reference(store::bounds most) : most_(most) {}

  std::optional<store::found> get(const std::string& key, time_point now) {
    auto at = find(key);
    if (at == all_.end())
      return std::nullopt;
    auto one = *at;
    all_.erase(at);
    if (now >= one.kept)
      return std::nullopt;
    all_.push_front(one);
    return store::found{one.value, now < one.fresh};
  }

  bool put(const std::string& key, int value, std::size_t weight,
           time_point fresh, time_point kept) {
    if (auto at = find(key); at != all_.end())
      all_.erase(at);
    weight += key.size() + store::overhead;
    if (most_.entries == 0 || weight > most_.bytes)
      return false;
    all_.push_front({key, value, weight, fresh, kept});
    while (all_.size() > most_.entries || bytes() > most_.bytes)
      all_.pop_back();
    return true;
  }

  std::size_t forget(const std::string& prefix) {
    return all_.remove_if([&](auto& x) { return x.key.starts_with(prefix); });
  }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (auto& x : all_)
      sum += x.weight;
    return sum;
  }
  std::size_t entries() const { return all_.size(); }

private:
  struct one {
    std::string key;
    int value;
    std::size_t weight;
    time_point fresh, kept;
  };

  std::list<one>::iterator find(const std::string& key) {
    return std::ranges::find(all_, key, &one::key);
  }

  store::bounds most_;
  std::list<one> all_;
};

} // namespace

TEST_CASE("C1 C7: the store has what a list would have, within its bounds at "
          "every moment, and nothing beyond its time") {
  holds([] {
    store::bounds most{pick<std::size_t>(0, 6), pick<std::size_t>(0, 1'500)};
    store it{most};
    reference other{most};
    std::int64_t now = 0;
    for (auto word : tape()) {
      now += word % 5;
      auto key = std::string{"ab"[word / 8 % 2]} + char('0' + word / 16 % 4);
      auto value = static_cast<int>(word);
      auto fresh = at(now + word / 64 % 30);
      auto kept = fresh + millis{word / 2048 % 20};
      switch (word % 4) {
        case 0:
        case 1: {
          auto got = it.get(key, at(now));
          auto wanted = other.get(key, at(now));
          RC_ASSERT(got.has_value() == wanted.has_value());
          if (got) {
            RC_ASSERT(got->value == wanted->value);
            RC_ASSERT(got->fresh == wanted->fresh);
          }
          break;
        }
        case 2:
          RC_ASSERT(it.put(key, value, word % 300, fresh, kept)
                    == other.put(key, value, word % 300, fresh, kept));
          break;
        default:
          if (word % 16 == 3)
            RC_ASSERT(it.forget(key.substr(0, 1))
                      == other.forget(key.substr(0, 1)));
      }
      RC_ASSERT(it.entries() == other.entries());
      RC_ASSERT(it.bytes() == other.bytes());
      RC_ASSERT(it.entries() <= most.entries);
      RC_ASSERT(it.bytes() <= most.bytes);
    }
  });
}

TEST_CASE("each value that had to go is counted by its reason, once") {
  store it{{2, 1'000}};
  auto put = [&](const char* key, std::size_t weight, int until) {
    return it.put(key, 0, weight, at(until), at(until));
  };
  auto gone = [&] { return it.take_evictions(); };
  using counts = std::array<std::uint64_t, eviction_count>;
  put("a", 1, 10);
  put("b", 1, 20);
  put("b", 1, 20); // its own successor is no eviction
  CHECK(gone() == counts{0, 0, 0, 0});
  put("c", 1, 20);
  CHECK(gone() == counts{1, 0, 0, 0});
  put("d", 600, 20);
  CHECK(gone() == counts{1, 0, 0, 0});
  put("e", 700, 20);
  CHECK(gone() == counts{1, 1, 0, 0});
  CHECK_FALSE(it.get("e", at(20)));
  CHECK(gone() == counts{0, 0, 1, 0});
  put("f", 1, 20);
  it.forget("");
  CHECK(gone() == counts{0, 0, 0, 1});
  put("g", 1, 20);
  put("h", 1, 20);
  it.set_bounds({1, 1'000});
  CHECK(gone() == counts{1, 0, 0, 0});
  CHECK(it.get("h", at(0)));
}

TEST_CASE("a value that is larger than all of the store is not taken, and "
          "nothing of another one goes for it") {
  store it{{10, 1'000}};
  it.put("a", 1, 100, at(9), at(9));
  CHECK_FALSE(it.put("b", 2, 1'000, at(9), at(9)));
  CHECK(it.get("a", at(0)));
  CHECK_FALSE(it.put("a", 2, 1'000, at(9), at(9)));
  CHECK_FALSE(it.get("a", at(0))); // the old one does not hold any more
  CHECK(it.bytes() == 0);
}

TEST_CASE("a reason to go has a name, and there is none without") {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < eviction_count; ++i)
    names.push_back(name_of(static_cast<eviction>(i)));
  CHECK(names
        == std::vector<std::string_view>{"lru", "bytes", "ttl", "invalidated"});
}

TEST_CASE("tighter bounds hold at once: of bytes, too, and what just fits "
          "stays") {
  store it{{10, 10'000}};
  for (auto key : {"a", "b", "c"})
    it.put(key, 1, 100, at(9), at(9));
  auto one = it.bytes() / 3;
  it.set_bounds({10, 2 * one});
  CHECK(it.entries() == 2);
  CHECK_FALSE(it.get("a", at(0)));
  it.set_bounds({10, 2 * one - 1});
  CHECK(it.bytes() == one);
  using counts = std::array<std::uint64_t, eviction_count>;
  CHECK(it.take_evictions() == counts{0, 2, 0, 0});
}

TEST_CASE("bounds that are not said are none to be within") {
  store it{{.bytes = 10'000}};
  CHECK_FALSE(it.put("a", 1, 1, at(9), at(9)));
}
