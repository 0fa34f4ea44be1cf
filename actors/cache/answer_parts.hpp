#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cache/batch.hpp"
#include "actors/cache/lookup.hpp"
#include "actors/ports.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// The answer to one request that is made of several values, as they come: out
/// of the cache, from a target of the chain, from other requests that fetch the
/// same. What is missing is fetched in one go as soon as that is known, and
/// what others fetch is waited for afterwards: two requests that each have what
/// the other wants never wait for one another.
///
///            hit                                     hit
///   asked ───────────────────► here ◄──────────────────────── awaited
///     │ │                       ▲                              ▲   │
///     │ │ elsewhere             │ its value,                   │   │
///     │ └───────────────────────┼─ or a stale one ─────────────┘   │
///     │ lead, alone             │                                  │
///     └─────────► missing ──► fetching                             │
///                    ▲                     lead, alone             │
///                    └─────────────────────────────────────────────┘
class answer_parts : public std::enable_shared_from_this<answer_parts> {
public:
  struct order {
    call_ptr what;
    std::shared_ptr<responder> client;
    metrics::counter told_stale;
  };

  explicit answer_parts(order what);

  const call_ptr& what() const noexcept { return order_.what; }
  const std::shared_ptr<responder>& client() const noexcept {
    return order_.client;
  }

  /// The target whose values are kept: the first of the chain that has such
  /// answers at all. Others' may be vectors of another space.
  void expect(std::string_view dependency, std::string_view model);
  bool expects(std::string_view dependency,
               std::string_view model) const noexcept {
    return dependency == dependency_ && model == model_;
  }

  /// The cache's word on a part.
  void heard(const cache_verdict& word);

  /// Some part has no word of the cache yet.
  bool asking() const noexcept { return count(state::asked) > 0; }
  bool fetching() const noexcept { return count(state::fetching) > 0; }
  /// Other requests fetch some part.
  bool waiting() const noexcept { return count(state::awaited) > 0; }
  /// What is to be fetched now.
  part_list missing() const;
  /// Why one of those failed that this request waited for.
  const std::optional<fault>& failure() const noexcept { return failure_; }

  /// These are fetched now: the client's end of that.
  std::shared_ptr<responder> fetch(const part_list& which);

  /// Tells the client, where all is here and of one target.
  bool tell();
  /// The client has its answer.
  bool told() const noexcept { return told_; }

private:
  class round;
  enum class state : std::uint8_t { asked, here, missing, awaited, fetching };

  struct part {
    state at = state::asked;
    cached_ptr value; ///< or a stale one, until it is `here`
    std::string_view layer{};
    std::shared_ptr<cache_lead> lead;
  };

  std::size_t count(state which) const noexcept {
    return counts_[static_cast<std::size_t>(which)];
  }
  void move(part& what, state to) noexcept;
  void take(const part_list& which, bytes body, const provenance& from);
  void fail(const part_list& which, const fault& what, const provenance& from);
  bool make_do(const part_list& which);
  bool uniform() const;
  std::string_view layer() const;

  order order_;
  std::string dependency_;
  std::string model_;
  std::vector<part> parts_;
  std::array<std::size_t, 5> counts_{};
  std::uint32_t attempts_ = 0;
  double asked_ = 0; ///< of the question, what went to a target
  std::optional<fault> failure_;
  bool told_ = false;
};

} // namespace caisson
