#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace caisson {

/// Keeps what was fetched before an invalidation from being stored after it
/// (law C4). Whoever begins to fetch takes a stamp; what came of it may be
/// stored if nothing has revoked the key since. Remembers the last `bound`
/// revocations: a stamp from before all of them is refused, whatever the key,
/// which errs on the safe side.
class revocations {
public:
  static constexpr std::size_t bound = 1'024;

  /// The present moment.
  std::uint64_t stamp() const noexcept { return last_; }

  /// Everything whose key begins so is void.
  void revoke(std::string_view prefix);

  /// Whether what was begun at `stamp` still holds for that key.
  bool holds(std::string_view key, std::uint64_t stamp) const noexcept;

private:
  std::uint64_t last_ = 0;
  std::deque<std::string> prefixes_; ///< the last one's number is `last_`
};

} // namespace caisson
