#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "actors/call.hpp"

namespace caisson {

/// Why a value had to go; the `reason` label of `cache_evictions_total`.
enum class eviction : std::uint8_t { lru, bytes, ttl, invalidated };

inline constexpr std::size_t eviction_count = 4;

constexpr std::string_view name_of(eviction reason) noexcept {
  constexpr std::string_view names[] = {"lru", "bytes", "ttl", "invalidated"};
  return names[static_cast<std::size_t>(reason)];
}

/// Values by key, bounded by their number and by their bytes: the one that has
/// not been asked for longest goes first (laws C1, C7). Each has two ends: to
/// the first it is fresh, to the second it is there for whoever takes a stale
/// one. Looking, putting and evicting take constant time whatever is inside;
/// forgetting by prefix looks at every key.
///
/// `Value` is cheap to copy, as a shared pointer is.
template <class Value>
class lru_store {
public:
  struct bounds {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };

  struct found {
    Value value;
    bool fresh = false;
  };

  explicit lru_store(bounds most) : most_(most) {}

  /// What the key has at that time, and makes it the last to go.
  std::optional<found> get(std::string_view key, time_point now) {
    auto at = index_.find(key);
    if (at == index_.end())
      return std::nullopt;
    auto one = at->second;
    if (now >= one->kept_until) {
      drop(one, eviction::ttl);
      return std::nullopt;
    }
    order_.splice(order_.begin(), order_, one);
    return found{one->value, now < one->fresh_until};
  }

  /// Takes a value of so many bytes, its key counted by the store. False, and
  /// the key has none: it alone is more than the bounds allow.
  bool put(std::string key, Value value, std::size_t weight,
           time_point fresh_until, time_point kept_until) {
    if (auto at = index_.find(key); at != index_.end())
      remove(at->second);
    weight += key.size() + overhead;
    if (most_.entries == 0 || weight > most_.bytes)
      return false;
    while (order_.size() >= most_.entries)
      drop(std::prev(order_.end()), eviction::lru);
    while (bytes_ + weight > most_.bytes)
      drop(std::prev(order_.end()), eviction::bytes);
    order_.push_front({std::move(key), std::move(value), weight, fresh_until,
                       std::max(fresh_until, kept_until)});
    index_.emplace(order_.front().key, order_.begin());
    bytes_ += weight;
    return true;
  }

  /// Forgets all whose keys begin so; how many there were.
  std::size_t forget(std::string_view prefix) {
    std::size_t count = 0;
    for (auto one = order_.begin(); one != order_.end();) {
      auto next = std::next(one);
      if (one->key.starts_with(prefix)) {
        drop(one, eviction::invalidated);
        ++count;
      }
      one = next;
    }
    return count;
  }

  /// Other bounds from now on; what is too much goes.
  void set_bounds(bounds most) {
    most_ = most;
    while (order_.size() > most_.entries)
      drop(std::prev(order_.end()), eviction::lru);
    while (bytes_ > most_.bytes)
      drop(std::prev(order_.end()), eviction::bytes);
  }

  std::size_t entries() const noexcept { return order_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

  /// How many have gone for each reason since the last time somebody asked.
  std::array<std::uint64_t, eviction_count> take_evictions() noexcept {
    return std::exchange(evicted_, {});
  }

  /// What keeping a value costs beside the value: list node, index node, and
  /// the second end of both.
  static constexpr std::size_t overhead = 160;

private:
  struct entry {
    std::string key;
    Value value;
    std::size_t weight;
    time_point fresh_until;
    time_point kept_until;
  };
  using place = typename std::list<entry>::iterator;

  void drop(place one, eviction why) {
    ++evicted_[static_cast<std::size_t>(why)];
    remove(one);
  }

  void remove(place one) {
    bytes_ -= one->weight;
    index_.erase(one->key);
    order_.erase(one);
  }

  bounds most_;
  std::size_t bytes_ = 0;
  std::list<entry> order_; ///< the last used first
  /// The keys are views of the list's.
  std::unordered_map<std::string_view, place> index_;
  std::array<std::uint64_t, eviction_count> evicted_{};
};

} // namespace caisson
