#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace caisson {

/// Calls of modern clients at servers with sessions that have asked their
/// client something: the client has that question for an answer, the server
/// waits. When the client comes again, on whichever thread, it is led back by
/// the name that stands sealed in its `requestState`. On any thread.
class held_calls {
public:
  /// 128 random bits; only who can open the state knows them.
  using name = std::array<std::uint8_t, 16>;

  struct place {
    std::size_t thread = 0;
    std::uint64_t request = 0; ///< its number on that thread

    bool operator==(const place&) const = default;
  };

  /// Nothing: there are so many that this one cannot be held.
  std::optional<name> hold(place where);
  std::optional<place> find(const name& which) const;
  void release(const name& which);

  /// Each takes a place in its server's bulkhead, and lasts no longer than its
  /// request may.
  static constexpr std::size_t most = 1000;

private:
  mutable std::mutex lock_;
  std::map<name, place> all_;
};

} // namespace caisson
