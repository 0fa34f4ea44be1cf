#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "actors/cache/value.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// The layer that nodes share.
enum class cache_l2 : std::uint8_t {
  automatic, ///< "auto": where the config has a dependency of kind redis
  redis,     ///< "redis"
  off,       ///< "off"
};

std::string_view name_of(cache_l2 layer) noexcept;

/// How long values hold, by namespace.
struct cache_ttls {
  millis llm{3'600'000};
  millis embeddings{86'400'000};
};

/// Below, vectors tell little: texts of unlike meaning are as near as that.
inline constexpr double least_threshold = 0.8;

/// Answers to questions that are asked in other words.
struct semantic_settings {
  bool enabled = false;
  /// "dependency/model": who tells how near two questions are.
  std::string embeddings;
  /// Questions are the same where their vectors are as near as this, by the
  /// cosine; from `least_threshold` to 1.
  double threshold = 0.95;
  /// Questions remembered, in the whole node.
  std::uint32_t max_entries = 1'000;
  /// The longest that a request may wait to be compared.
  millis timeout{500};
};

/// What a person can say of the cache; SPEC section 6.
struct cache_settings {
  bool enabled = true;
  /// Bounds of the memory of the whole node; 0 entries: no first layer.
  std::uint32_t l1_entries = 1'000;
  std::size_t l1_bytes = std::size_t{100} << 20;
  /// A value stays in the first layer for this long, and never longer than it
  /// holds in the second.
  millis l1_ttl{60'000};
  cache_l2 l2 = cache_l2::automatic;
  /// After it has expired a value is kept for this long beyond, for when it
  /// cannot be fetched anew; 0: not at all.
  millis stale_if_error{3'600'000};
  cache_ttls ttl;
  semantic_settings semantic;

  millis ttl_of(cache_kind kind) const noexcept {
    switch (kind) {
      case cache_kind::llm:
        break;
      case cache_kind::embeddings:
        return ttl.embeddings;
    }
    return ttl.llm;
  }
};

} // namespace caisson
