#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/policies/mixed.hpp"

namespace caisson {

/// Who of several keeps what belongs to a key: the one whose name and the key
/// mix to the greatest number (Thaler and Ravishankar's rendezvous hashing).
/// Everybody who knows the same names finds the same one, without a table; when
/// one goes, only what it kept moves, to all others alike.
class rendezvous {
public:
  /// `name`: the same on every node. The number is how `owner` speaks of it.
  void add(std::size_t number, std::string_view name) {
    all_.push_back({number, hash(name)});
  }

  /// Nobody where nobody was added.
  std::optional<std::size_t> owner(std::uint64_t key) const noexcept {
    const one* best = nullptr;
    std::uint64_t most = 0;
    for (auto& x : all_) {
      auto weight = mixed(x.seed ^ mixed(key));
      // Never equal: mixing is one-to-one, and the seeds differ.
      if (!best || weight > most) {
        best = &x;
        most = weight;
      }
    }
    return best ? std::optional{best->number} : std::nullopt;
  }

  /// A text as a number, for what is not one: FNV-1a, the same in every build
  /// and on every machine.
  static std::uint64_t hash(std::string_view name) noexcept {
    std::uint64_t out = 0xcbf29ce484222325;
    for (unsigned char x : name)
      out = (out ^ x) * 0x100000001b3;
    return mixed(out);
  }

private:
  struct one {
    std::size_t number;
    std::uint64_t seed;
  };

  std::vector<one> all_;
};

} // namespace caisson
