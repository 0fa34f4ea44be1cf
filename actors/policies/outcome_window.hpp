#pragma once

#include <cstdint>
#include <vector>

namespace caisson {

/// The last `size` outcomes as bits, with running totals: constant time to add
/// and to ask. Nothing is said before the window is full.
class outcome_window {
public:
  explicit outcome_window(std::uint32_t size) : slots_(size ? size : 1) {
    // nop
  }

  void add(bool failed, bool slow) noexcept {
    auto& slot = slots_[next_];
    failures_ += static_cast<int>(failed) - static_cast<int>(slot & 1);
    slow_ += static_cast<int>(slow) - static_cast<int>((slot >> 1) & 1);
    slot = static_cast<std::uint8_t>((failed ? 1 : 0) | (slow ? 2 : 0));
    next_ = (next_ + 1) % slots_.size();
    if (seen_ < slots_.size())
      ++seen_;
  }

  void clear() noexcept {
    slots_.assign(slots_.size(), 0);
    next_ = seen_ = 0;
    failures_ = slow_ = 0;
  }

  bool full() const noexcept { return seen_ == slots_.size(); }

  /// Shares of the window, 0 to 1.
  double failure_rate() const noexcept { return share(failures_); }
  double slow_rate() const noexcept { return share(slow_); }

private:
  double share(int count) const noexcept {
    return seen_ ? static_cast<double>(count) / static_cast<double>(seen_) : 0;
  }

  std::vector<std::uint8_t> slots_;
  std::size_t next_ = 0;
  std::size_t seen_ = 0;
  int failures_ = 0;
  int slow_ = 0;
};

} // namespace caisson
