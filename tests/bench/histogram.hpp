#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Log-linear counts of nanoseconds, as HdrHistogram keeps them: 1 024 steps in
/// each power of two, so a quantile is at most 0.1 % too low. No allocation.
class histogram {
public:
  void record(std::uint64_t ns) noexcept {
    ++counts_[index_of(ns)];
    ++total_;
    if (ns > max_)
      max_ = ns;
  }

  /// The value at or below which `share` (0..1) of all records lie; 0 if none.
  std::uint64_t quantile(double share) const noexcept {
    auto wanted = static_cast<std::uint64_t>(share * double(total_) + 0.5);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted && seen > 0)
        return value_of(i);
    }
    return max_;
  }

  std::uint64_t total() const noexcept { return total_; }

  std::uint64_t max() const noexcept { return max_; }

private:
  static constexpr unsigned bits = 10;
  static constexpr std::uint64_t steps = 1U << bits;

  static std::size_t index_of(std::uint64_t value) noexcept {
    if (value < steps)
      return value;
    auto shift = unsigned(std::bit_width(value)) - bits - 1;
    return (std::size_t{shift} << bits) + (value >> shift);
  }

  static std::uint64_t value_of(std::size_t index) noexcept {
    if (index < 2 * steps)
      return index;
    auto shift = (index >> bits) - 1;
    return (index - (shift << bits)) << shift;
  }

  std::array<std::uint64_t, (64 - bits + 1) * steps> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

} // namespace bench
