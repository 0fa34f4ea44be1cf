#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson {

/// What a node takes another for.
enum class member_state : std::uint8_t {
  alive,   ///< linked, and heard of
  suspect, ///< the link has ended, or it was never heard; it has time left
  gone,    ///< silent for too long
  left,    ///< it has said that it ends
};

inline constexpr std::size_t member_state_count = 4;

std::string_view name_of(member_state what) noexcept;

/// Another node, as this one sees it.
struct member {
  std::string address; ///< where it can be called; empty: not known
  std::uint64_t incarnation = 0;
  member_state state = member_state::suspect;
  bool linked = false;
  std::chrono::steady_clock::time_point linked_at{};
  std::chrono::steady_clock::time_point heard{};
};

/// Who belongs to the cluster, by what is heard here: each node judges for
/// itself, nobody's death is taken on hearsay.
///
///               linked or heard                     link ends
///   (unknown) ───────────────────► alive ────────────────────► suspect
///        │ named by others           │ ▲ linked or heard          │
///        └──► suspect ───────────────┼─┴──────────────────────────┤
///                                    │ `dead_after` silent        │
///                                    └────────► gone ◄────────────┘
///     any ── farewell ──► left
///     gone, left ── heard in a HIGHER incarnation ──► alive
///
/// Who was taken for dead does not come back in the same life: what others hold
/// of it (handles, evidence) is void. It learns so from the lines of others,
/// and is reborn.
class membership {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using millis = std::chrono::milliseconds;

  /// `allowed`: all who may belong; anybody else is not heard.
  membership(std::string self, std::uint64_t incarnation, millis dead_after,
             std::vector<std::string> allowed);

  const std::string& self() const noexcept { return self_; }
  std::uint64_t incarnation() const noexcept { return incarnation_; }

  /// A link with it was made.
  void linked(const std::string& name, const std::string& address,
              std::uint64_t incarnation, time_point now);

  /// Its link has ended. Whether it is gone is for the next look to say.
  void unlinked(const std::string& name);

  /// It said that it lives: whether that is believed.
  bool heard(const std::string& name, std::uint64_t incarnation,
             time_point now);

  /// Somebody knows of it.
  void named(const std::string& name, const std::string& address,
             time_point now);

  /// It said farewell.
  void parted(const std::string& name, std::uint64_t incarnation);

  /// Somebody takes this node for dead in an incarnation: whether it has to
  /// live another one, and does. `wall`: milliseconds since 1970.
  bool buried(std::uint64_t in, std::uint64_t wall);

  /// Lets time judge: who is gone since the last time. To be called several
  /// times in `dead_after`: where more than half of it has gone by without, it
  /// is this node that has slept, and nobody is blamed for it.
  std::vector<std::string> sweep(time_point now);

  /// Linked for longer than `dead_after` and still not heard as alive: such a
  /// link leads nowhere, and is to be made anew. Told once for each such time.
  std::vector<std::string> mute(time_point now);

  /// Where to call: seeds and members without a link, each once.
  std::vector<std::string> to_call(const std::vector<std::string>& seeds) const;

  const std::map<std::string, member>& others() const noexcept {
    return others_;
  }

private:
  bool may_belong(const std::string& name) const;
  member* find(const std::string& name);
  void revive(member& whom, std::uint64_t incarnation, time_point now);

  std::string self_;
  std::uint64_t incarnation_;
  millis dead_after_;
  std::vector<std::string> allowed_;
  std::map<std::string, member> others_;
  std::optional<time_point> swept_; ///< the last time
};

} // namespace caisson
