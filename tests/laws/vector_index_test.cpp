#include "actors/policies/vector_index.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <list>
#include <set>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

using numbers = std::vector<float>;

/// A vector of few small numbers, at times of none.
numbers vector_from(std::uint32_t word) {
  numbers out(1 + word % 3);
  for (auto& x : out) {
    word /= 5;
    x = static_cast<float>(word % 5) - 2;
  }
  return out;
}

std::optional<double> cosine(const numbers& a, const numbers& b) {
  if (a.size() != b.size())
    return std::nullopt;
  double product = 0, one = 0, other = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    one += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    other += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return product / std::sqrt(one * other);
}

/// What the index is meant to know: a list, the last matched first.
struct known {
  std::string context, key;
  numbers where;
};

} // namespace

TEST_CASE("the match is the nearest of its context and its size, and never "
          "farther than asked for; the bound holds, and who was not matched "
          "for longest goes first") {
  holds([] {
    auto most = pick<std::size_t>(0, 8);
    vector_index it{most};
    std::list<known> all;
    for (auto word : tape()) {
      auto where = vector_from(word / 64);
      auto unit = unit_vector::of(where);
      std::string context(1, "ab"[word % 2]);
      auto key = context + static_cast<char>('0' + word / 2 % 8);
      if (word / 16 % 4 == 0) {
        it.forget(key);
        all.remove_if([&](auto& x) { return x.key == key; });
      } else if (word / 16 % 4 == 1 && unit) {
        it.put(context, key, *unit);
        all.remove_if([&](auto& x) { return x.key == key; });
        all.push_front({context, key, where});
        if (all.size() > most)
          all.pop_back();
      } else if (unit) {
        auto least = 0.5 + word / 64 % 6 * 0.1;
        std::optional<double> best;
        for (auto& x : all)
          if (auto now = cosine(x.where, where);
              x.context == context && now && (!best || *now > *best))
            best = now;
        auto got = it.nearest(context, *unit, static_cast<float>(least));
        // Within rounding of the threshold either is right.
        if (!best || std::abs(*best - least) > 1e-5)
          RC_ASSERT(got.has_value() == (best && *best > least));
        if (got) {
          RC_ASSERT(std::abs(static_cast<double>(got->likeness) - *best)
                    < 1e-5);
          auto at = std::ranges::find(all, got->key, &known::key);
          RC_ASSERT(at != all.end());
          RC_ASSERT(at->context == context);
          RC_ASSERT(std::abs(*cosine(at->where, where) - *best) < 1e-5);
          all.splice(all.begin(), all, at);
        }
      }
      RC_ASSERT(it.entries() == all.size());
      RC_ASSERT(it.entries() <= most);
      RC_ASSERT((it.bytes() == 0) == all.empty());
    }
  });
}

TEST_CASE("what has no direction is no vector") {
  auto nan = std::numeric_limits<float>::quiet_NaN();
  auto infinite = std::numeric_limits<float>::infinity();
  CHECK_FALSE(unit_vector::of({}));
  CHECK_FALSE(unit_vector::of({0, 0, 0}));
  CHECK_FALSE(unit_vector::of({1, nan}));
  CHECK_FALSE(unit_vector::of({1, infinite}));
  CHECK_FALSE(unit_vector::of(numbers(8'193, 1.0f)));
  CHECK(unit_vector::of(numbers(8'192, 1.0f)));
}

TEST_CASE("length does not matter, direction does, in any number of numbers") {
  for (std::size_t size : {1, 2, 7, 8, 9, 16, 1'536}) {
    numbers one(size), longer(size), other(size);
    for (std::size_t i = 0; i < size; ++i) {
      one[i] = std::sin(static_cast<float>(i + 1));
      longer[i] = 1'000 * one[i];
      other[i] = -one[i];
    }
    auto a = unit_vector::of(one), b = unit_vector::of(longer);
    auto c = unit_vector::of(other);
    REQUIRE((a && b && c));
    CHECK(a->towards(*b) > 0.99999f);
    CHECK(a->towards(*c) < -0.99999f);
    CHECK(a->towards(*b) <= 1.0f);
  }
}

TEST_CASE("the cosine is right in any number of numbers") {
  holds([] {
    auto size = pick<std::size_t>(1, 40);
    numbers one(size), other(size);
    for (std::size_t i = 0; i < size; ++i) {
      one[i] = static_cast<float>(pick<int>(-50, 50));
      other[i] = static_cast<float>(pick<int>(-50, 50));
    }
    auto a = unit_vector::of(one), b = unit_vector::of(other);
    RC_PRE(a && b);
    auto got = static_cast<double>(a->towards(*b));
    RC_ASSERT(std::abs(got - *cosine(one, other)) < 1e-5);
  });
}

TEST_CASE("what is exactly as near as asked for is near enough") {
  vector_index it{8};
  it.put("c", "k", *unit_vector::of({0, 1}));
  CHECK(it.nearest("c", *unit_vector::of({0, 3}), 1.0f));
}

TEST_CASE("memory is told about as it is: numbers, context and key, twice what "
          "is text") {
  vector_index it{8};
  for (auto [context, key, size] : {std::array<std::size_t, 3>{2'000, 1, 1},
                                    {1, 2'000, 1},
                                    {1, 1, 2'000}}) {
    it.put(std::string(context, 'c'), std::string(key, 'k'),
           *unit_vector::of(numbers(size, 1.0f)));
    auto is = 2 * context + 2 * key + size * sizeof(float);
    CHECK(it.bytes() >= is);
    CHECK(it.bytes() < is + 300);
    it.clear();
  }
}

TEST_CASE("vectors of another size are never near") {
  vector_index it{8};
  it.put("c", "k", *unit_vector::of({1, 0}));
  CHECK_FALSE(it.nearest("c", *unit_vector::of({1, 0, 0}), 0.1f));
  CHECK(it.nearest("c", *unit_vector::of({1, 0}), 0.1f));
}

TEST_CASE("what is put away is counted only where it had to go") {
  vector_index it{2};
  auto where = *unit_vector::of({1, 0});
  it.put("c", "a", where);
  it.put("c", "a", where);
  it.forget("a");
  CHECK(it.take_evictions() == 0);
  CHECK(it.bytes() == 0);
  for (auto key : {"a", "b", "c"})
    it.put("c", key, where);
  CHECK(it.take_evictions() == 1);
  it.set_bound(1);
  CHECK(it.take_evictions() == 1);
  CHECK(it.nearest("c", where, 0.9f)->key == "c");
  it.clear();
  CHECK(it.entries() == 0);
  CHECK(it.bytes() == 0);
  CHECK_FALSE(it.nearest("c", where, 0.1f));
  // What was known may come again.
  for (auto key : {"c", "b", "c"})
    it.put("c", key, where);
  CHECK(it.entries() == 1);
  CHECK(it.nearest("c", where, 0.9f)->key == "c");
}
