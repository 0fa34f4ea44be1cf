#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "actors/journal.hpp"
#include "protocol/digest.hpp"

namespace caisson {

/// What a key may be told to be.
inline constexpr std::string_view key_revoked = "revoked";
inline constexpr std::string_view key_active = "active";

/// Keys that were revoked while the node ran: whoever shows one is refused,
/// whatever the configuration says of it. Known by their digests. With a folder
/// they outlive the node. Any thread may call.
class revoked_keys {
public:
  /// `folder`: `node.data_dir`; empty: what is revoked is forgotten with the
  /// process.
  revoked_keys(const std::string& folder, journal& log);

  bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
  bool holds(const protocol::sha256_digest& key) const;

  /// Revokes a key, or takes that back; `when`: milliseconds since 1970. False:
  /// it cannot be kept beyond the process; it holds all the same.
  bool set(const protocol::sha256_digest& key, bool revoked,
           std::uint64_t when);

  /// By their digests, when they were revoked.
  using digests = std::map<protocol::sha256_digest, std::uint64_t>;
  std::shared_ptr<const digests> all() const { return now_.load(); }

private:
  void read();
  bool write(const digests& all) const;

  std::string path_; ///< empty: nothing is kept
  journal& log_;
  std::mutex lock_; ///< of those who change it
  std::atomic<std::shared_ptr<const digests>> now_;
  std::atomic<bool> any_{false};
};

} // namespace caisson
