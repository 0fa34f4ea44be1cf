#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "actors/cache/messages.hpp"
#include "actors/cache/near.hpp"

namespace caisson {

/// The stable address of the cache: its shards, whichever incarnations live
/// now, and what they publish. Each key has one shard, so equal requests meet
/// there whatever thread they come in on. For any thread.
class cache_shards {
public:
  /// What a shard and its layers have seen, for the gauges; written by the
  /// shard only. Outlives it: a restart empties the sizes and keeps the sums.
  struct figures {
    std::atomic<std::uint64_t> l1_bytes{0};
    std::array<std::atomic<std::uint64_t>, cache_kind_count> l1_hits{};
    std::array<std::atomic<std::uint64_t>, cache_kind_count> l1_misses{};
    std::array<std::atomic<std::uint64_t>, cache_kind_count> l2_hits{};
    std::array<std::atomic<std::uint64_t>, cache_kind_count> l2_misses{};
  };

  /// Likewise of the semantic cache.
  struct near_figures {
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
  };

  cache_shards(const cache_settings& settings, std::size_t count);

  std::size_t size() const noexcept { return shards_.size(); }

  /// Whether anybody need be asked at all; one atomic read.
  bool enabled() const noexcept {
    return enabled_.load(std::memory_order_relaxed);
  }

  /// Whether answers to questions that are near would do; likewise.
  bool compares() const noexcept {
    return compares_.load(std::memory_order_relaxed);
  }

  /// The shard of a key; empty before its first start.
  cache_actor of(std::string_view key) const;
  cache_actor shard(std::size_t number) const;

  /// Who finds answers to questions that are near; empty before its first
  /// start.
  semantic_actor semantic() const;
  /// What holds for it.
  semantic_changed semantic_now() const;

  std::shared_ptr<const cache_settings> settings() const;
  /// The store of the second layer; none: there is none.
  compartment_ptr store() const;

  figures& of_shard(std::size_t number) noexcept { return figures_[number]; }
  const figures& of_shard(std::size_t number) const noexcept {
    return figures_[number];
  }
  near_figures& of_semantic() noexcept { return near_; }
  const near_figures& of_semantic() const noexcept { return near_; }

  // -- for the tree -----------------------------------------------------------

  void moved_in(std::size_t number, cache_actor who);
  void moved_in(semantic_actor who);

  /// Takes new settings, chooses the store and who makes vectors among the
  /// dependencies, and tells the shards.
  void apply(const cache_settings& settings,
             const std::vector<compartment_ptr>& dependencies);

private:
  std::atomic<bool> enabled_;
  std::atomic<bool> compares_{false};
  std::vector<figures> figures_;
  near_figures near_;
  mutable std::mutex lock_; // of what changes at restarts and reloads only
  std::vector<cache_actor> shards_;
  std::shared_ptr<const cache_settings> settings_;
  compartment_ptr store_;
  semantic_actor semantic_;
  compartment_ptr embeddings_;
};

} // namespace caisson
