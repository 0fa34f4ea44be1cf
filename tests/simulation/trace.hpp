#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "actors/call.hpp"

namespace caisson::simulation {

/// What happened in a run: a short line for each step. Lines are kept only
/// where somebody wants to read them; the digest is always there.
class trace {
public:
  explicit trace(bool keep) : keep_(keep) {
    // nop
  }

  /// `key` is what the line says, as a number.
  template <class Line>
  void note(time_point now, std::uint64_t key, Line line) {
    auto time = now.time_since_epoch().count();
    mix(static_cast<std::uint64_t>(time));
    mix(key);
    if (!keep_)
      return;
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "%11.6f  ",
                  static_cast<double>(time) / 1e9);
    lines_.push_back(std::string{stamp} + line());
  }

  std::uint64_t digest() const noexcept { return digest_; }
  const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
  void mix(std::uint64_t x) noexcept {
    digest_ = (digest_ ^ x) * 0x100000001b3ULL;
    digest_ ^= digest_ >> 29;
  }

  bool keep_;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
  std::vector<std::string> lines_;
};

} // namespace caisson::simulation
