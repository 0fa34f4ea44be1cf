#include "actors/policies/rendezvous.hpp"

#include <array>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

std::string name(std::size_t number) {
  return std::string{"node-"}.append(std::to_string(number));
}

rendezvous of(const std::vector<std::size_t>& numbers) {
  rendezvous it;
  for (auto x : numbers)
    it.add(x, name(x));
  return it;
}

/// Keys that are no hashes themselves: the worst that may come.
constexpr std::uint64_t keys = 3'000;

} // namespace

TEST_CASE("without names nobody keeps anything") {
  CHECK_FALSE(rendezvous{}.owner(1));
}

TEST_CASE("in whatever order the names come, the same one keeps a key") {
  auto one = of({0, 1, 2, 3});
  auto other = of({3, 1, 0, 2});
  for (std::uint64_t key = 0; key < keys; ++key)
    REQUIRE(one.owner(key) == other.owner(key));
}

TEST_CASE("each keeps about as much as any other") {
  for (std::size_t n : {2u, 3u, 5u, 9u}) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < n; ++i)
      all.push_back(i);
    auto it = of(all);
    std::vector<int> kept(n);
    for (std::uint64_t key = 0; key < keys; ++key)
      ++kept[*it.owner(key)];
    for (auto x : kept) {
      INFO(n << " nodes");
      CHECK(x > 0.85 * keys / static_cast<double>(n));
      CHECK(x < 1.15 * keys / static_cast<double>(n));
    }
  }
}

TEST_CASE("who goes leaves its keys to all others, and nothing else moves") {
  auto before = of({0, 1, 2, 3});
  auto after = of({0, 1, 3});
  std::array<int, 4> got{};
  for (std::uint64_t key = 0; key < keys; ++key) {
    auto was = *before.owner(key);
    auto is = *after.owner(key);
    if (was != 2)
      REQUIRE(is == was);
    else
      ++got[is];
  }
  for (auto x : {got[0], got[1], got[3]})
    CHECK(x > static_cast<int>(keys / 16));
}

TEST_CASE("a key is kept by the same node in every build") {
  auto it = of({0, 1, 2});
  std::string kept;
  for (std::uint64_t key = 0; key < 24; ++key)
    kept += static_cast<char>('0' + *it.owner(key));
  CHECK(kept == "020102122100111021002121");
}
