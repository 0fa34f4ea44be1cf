#include "actors/policies/vector_index.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace caisson {

// -- unit_vector --------------------------------------------------------------

std::optional<unit_vector> unit_vector::of(std::vector<float> numbers) {
  if (numbers.empty() || numbers.size() > longest)
    return std::nullopt;
  auto square = std::transform_reduce(
    numbers.begin(), numbers.end(), 0.0, std::plus{},
    [](float x) { return static_cast<double>(x) * static_cast<double>(x); });
  auto length = std::sqrt(square);
  // False of what is not a number, too.
  if (!(length > 1e-12) || !std::isfinite(length))
    return std::nullopt;
  for (auto& x : numbers)
    x = static_cast<float>(static_cast<double>(x) / length);
  return unit_vector{std::move(numbers)};
}

float unit_vector::towards(const unit_vector& other) const noexcept {
  // Eight sums at a time, which the machine adds as one: the order of a plain
  // sum would have to be kept.
  constexpr std::size_t lanes = 8;
  std::array<float, lanes> sums{};
  auto size = std::min(numbers_.size(), other.numbers_.size());
  auto whole = size - size % lanes;
  auto* a = numbers_.data();
  auto* b = other.numbers_.data();
  for (std::size_t i = 0; i < whole; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += a[i + lane] * b[i + lane];
  for (auto i = whole; i < size; ++i)
    sums[0] += a[i] * b[i];
  return std::clamp(std::accumulate(sums.begin(), sums.end(), 0.0f), -1.0f,
                    1.0f);
}

// -- vector_index -------------------------------------------------------------

std::optional<vector_index::match>
vector_index::nearest(std::string_view context, const unit_vector& where,
                      float least) {
  auto bucket = contexts_.find(std::string{context});
  if (bucket == contexts_.end())
    return std::nullopt;
  auto best = order_.end();
  auto likeness = least;
  for (auto one : bucket->second) {
    if (one->where.size() != where.size())
      continue;
    auto now = one->where.towards(where);
    if (best == order_.end() ? now < least : now <= likeness)
      continue;
    best = one;
    likeness = now;
  }
  if (best == order_.end())
    return std::nullopt;
  order_.splice(order_.begin(), order_, best);
  return match{best->key, likeness};
}

void vector_index::put(std::string context, std::string key,
                       unit_vector where) {
  forget(key);
  if (most_ == 0)
    return;
  order_.push_front({std::move(context), std::move(key), std::move(where)});
  auto at = order_.begin();
  keys_.emplace(at->key, at);
  contexts_[at->context].push_back(at);
  bytes_ += at->weight();
  trim();
}

void vector_index::forget(const std::string& key) {
  if (auto at = keys_.find(key); at != keys_.end())
    remove(at->second);
}

void vector_index::clear() {
  contexts_.clear();
  keys_.clear();
  order_.clear();
  bytes_ = 0;
}

void vector_index::set_bound(std::size_t most) {
  most_ = most;
  trim();
}

void vector_index::trim() {
  while (order_.size() > most_) {
    remove(std::prev(order_.end()));
    ++evicted_;
  }
}

void vector_index::remove(place one) {
  bytes_ -= one->weight();
  auto bucket = contexts_.find(one->context);
  std::erase(bucket->second, one);
  if (bucket->second.empty())
    contexts_.erase(bucket);
  keys_.erase(one->key);
  order_.erase(one);
}

} // namespace caisson
