#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace caisson {

/// What the cache keeps, by its namespace: the first part of the key, a metric
/// label, and what says how long it holds.
enum class cache_kind : std::uint8_t { llm, embeddings };

inline constexpr std::size_t cache_kind_count = 2;

constexpr std::string_view name_of(cache_kind kind) noexcept {
  constexpr std::string_view names[] = {"llm", "embeddings"};
  return names[static_cast<std::size_t>(kind)];
}

/// One value, immutable and shared. Empty data, "false" and "denied" are
/// values like any other; a failure is none and never becomes one.
struct cached_value {
  std::string data;
  /// Who said it, for the X-Caisson-* headers: dependency and model.
  std::string source;
  std::string model;
  /// LLM tokens that whoever is given the value does not spend.
  std::uint64_t tokens = 0;

  /// Memory that it takes, about.
  std::size_t weight() const noexcept {
    return sizeof(cached_value) + data.size() + source.size() + model.size();
  }
};

using cached_ptr = std::shared_ptr<const cached_value>;

/// Values beyond are not kept, in no layer.
inline constexpr std::size_t largest_cached = std::size_t{1} << 20;

} // namespace caisson
