#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/limits/charge.hpp"
#include "actors/settings.hpp"

namespace caisson {

using slot_set = std::bitset<limit_slots>;

/// The limits of a request, whatever they are charged.
slot_set slots_of(const charges& what) noexcept;

/// The same limits, as often.
charges times(const charges& what, std::uint64_t units) noexcept;

/// What a keeper has let in of one client beforehand, so that it need not be
/// asked for each request; or its word that there is nothing left. For requests
/// alone: what costs more or less each time (tokens, money) is asked for each
/// time.
///
///   granted N ──take──► N - 1 … 1, 0 ──► asks for twice as many
///        └── `life` gone by ──► what is left goes back
///   refused ──take──► refused, for `refusal_life` or as long as was told
class lease_book {
public:
  static constexpr millis life{1'000};
  static constexpr millis refusal_life{250};
  static constexpr std::uint32_t most_units = 1'000;

  /// How the client stands with this request, where that is known here; a
  /// request that costs nothing takes nothing.
  std::optional<standing> take(const charges& what, time_point now);

  /// So many requests at a time would be welcome: twice as many as before for
  /// who has used them up, and for one question at a time.
  std::uint32_t wanted(const charges& what, time_point now);

  /// A keeper has said so, of `units` requests of which one is under way. How
  /// many of them are not kept, because others are held already.
  std::uint32_t keep(const charges& what, const standing& how,
                     std::uint32_t units, time_point now);

  struct rest {
    charges what; ///< of one request
    std::uint32_t units = 0;
    time_point since{};
  };

  /// What has been held for too long, and is not any more.
  std::vector<rest> expired(time_point now);

  void clear() noexcept { all_.clear(); }

private:
  struct lease {
    charges what; ///< of one request
    slot_set slots;
    standing how; ///< as the keeper said
    time_point since{};
    std::uint32_t granted = 0;
    std::uint32_t left = 0; ///< of those
  };

  lease* find(const charges& what);

  std::vector<lease> all_;
};

} // namespace caisson
