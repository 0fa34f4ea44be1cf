#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::metrics {

enum class kind : std::uint8_t { counter, gauge, histogram };

/// One metric family as it is documented: families.hpp lists them all.
struct family {
  std::string_view name;
  std::string_view help;
  metrics::kind kind = kind::counter;
  /// Label names, in the order in which values are given.
  std::vector<std::string_view> labels;
  /// Upper bounds of a histogram's buckets, seconds, ascending.
  std::span<const double> bounds = {};
};

class registry;

/// A counter of one label set. A copyable handle: adding is one relaxed
/// increment in the calling thread's own sheet, about 5 ns.
class counter {
public:
  counter() = default;
  explicit operator bool() const noexcept { return home_ != nullptr; }
  void add(std::uint64_t n = 1) const noexcept;

private:
  friend class registry;
  friend class histogram;
  counter(registry* home, std::uint32_t cell) : home_(home), cell_(cell) {}
  registry* home_ = nullptr;
  std::uint32_t cell_ = 0;
};

/// A histogram of durations of one label set.
class histogram {
public:
  histogram() = default;
  void observe(std::chrono::nanoseconds took) const noexcept;

private:
  friend class registry;
  registry* home_ = nullptr;
  std::uint32_t first_cell_ = 0;
  std::span<const double> bounds_;
};

/// One sample at scrape time.
struct sample {
  const family* of = nullptr;
  std::vector<std::string> labels;
  double value = 0;
  /// Of a histogram: counts per bucket (not cumulative, the last is +Inf).
  std::vector<std::uint64_t> buckets;
  double sum = 0;
};

using sink = std::function<void(sample)>;

/// All metrics of a node. Handles are made when a component starts (that locks)
/// and used on the hot path (that does not). Every thread counts in a sheet of
/// its own; a scrape adds the sheets up.
class registry {
public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// The same family and label values give the same cells.
  metrics::counter counter(const family& of, std::vector<std::string> labels);
  metrics::histogram histogram(const family& of,
                               std::vector<std::string> labels);

  /// Values that are read when somebody looks: called at each scrape. The
  /// callback lives as long as `owner` does.
  void collect(std::weak_ptr<const void> owner,
               std::function<void(const sink&)> callback);

  /// Every sample of every family, grouped by family.
  std::vector<sample> scrape() const;

private:
  friend class metrics::counter;
  friend class metrics::histogram;

  // Threads beyond the eighth share sheets: increments are atomic, so that
  // costs cycles and never counts.
  static constexpr std::size_t sheet_count = 8;
  static constexpr std::size_t cell_count = 16'384;
  struct sheet;

  struct series {
    const family* of;
    std::vector<std::string> labels;
    std::uint32_t first_cell;
  };

  struct collector {
    std::weak_ptr<const void> owner;
    std::function<void(const sink&)> callback;
  };

  std::atomic<std::uint64_t>& cell(std::uint32_t index) noexcept;
  std::uint64_t total(std::uint32_t index) const noexcept;
  std::uint32_t series_of(const family& of, std::vector<std::string> labels,
                          std::uint32_t cells);
  sample read(const series& from) const;

  mutable std::mutex lock_;
  std::vector<series> series_;
  std::vector<collector> collectors_;
  std::uint32_t next_cell_ = 1; // cell 0 takes what has no room
  std::unique_ptr<sheet[]> sheets_;
};

} // namespace caisson::metrics
