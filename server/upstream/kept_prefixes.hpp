#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "actors/call.hpp"

namespace caisson::upstream {

/// Which beginnings of requests a provider keeps for us, by which names, and
/// for how long. One for each dependency, shared by all I/O threads; knows no
/// wire.
///
///              look: you create it        created
///   unknown ────────────────────► tried ───────────► kept
///      ▲                            │ ▲                │
///      └───────── pause over ───────┘ └── gone ────────┤
///      └───────────────────── life over ───────────────┘
///
/// In `tried` nobody else creates it and everybody does without: so equal
/// requests at once create once, a provider that refuses is not asked with
/// every request, and whoever dies while creating needs no clearing up.
class kept_prefixes {
public:
  using clock = std::function<time_point()>;

  struct settings {
    /// How long the provider is asked to keep one.
    std::chrono::seconds life{300};
    /// So long before its end it is not used any more: the request has a way
    /// to go, and clocks differ.
    std::chrono::seconds margin{10};
    /// How long one is not tried again.
    std::chrono::seconds pause{60};
    /// Beyond this no more are created: each is paid for.
    std::size_t most = 256;
  };

  /// What a prefix is known by: SHA-256, as two that are taken for one would
  /// answer a request out of another's instructions.
  using digest = std::array<unsigned char, 32>;

  kept_prefixes();
  explicit kept_prefixes(settings what, clock now = {});

  static digest digest_of(std::string_view model, std::string_view prefix);

  struct verdict {
    std::string name;    ///< it is kept, and so called; empty: it is not
    bool create = false; ///< whoever asked is to have it kept
  };

  verdict look(const digest& which);

  /// It is kept since `asked` by the name given.
  void created(const digest& which, std::string name, time_point asked);

  /// The provider does not know it any more, or never took it.
  void gone(const digest& which);

  std::chrono::seconds life() const noexcept { return settings_.life; }
  time_point now() const { return clock_(); }

private:
  struct entry {
    std::string name; ///< empty while `tried`
    time_point until;
  };

  settings settings_;
  clock clock_;
  std::mutex lock_;
  std::map<digest, entry> entries_;
};

} // namespace caisson::upstream
