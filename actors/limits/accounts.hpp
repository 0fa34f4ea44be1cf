#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "actors/limits/charge.hpp"
#include "actors/limits/node_account.hpp"

namespace caisson {

/// Whose limits: half of a SHA-256 of the user, or of the client's address.
/// Actors see no key, no name and no address.
struct limit_key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const limit_key&) const = default;
};

/// One client's windows.
struct account {
  limit_windows windows;
  /// Spent here while the shared store was gone: to be told to it.
  std::array<std::uint64_t, limit_slots> owed{};
  /// Where nodes keep limits together; else none.
  std::unique_ptr<node_account> among;
};

/// Charges all of it or nothing, and says how the client stands. `nodes`: for
/// this node's part of each limit.
standing decide(account& whose, const charges& what, time_point now,
                std::uint32_t nodes = 1);

/// Settles what was charged at `when`: gives back what was not used, charges
/// what was used beyond it.
void settle(limit_windows& windows, const charges& reserved,
            std::span<const std::uint64_t> used, time_point when,
            time_point now, std::uint32_t nodes = 1);

/// The accounts of one shard, of bounded number: clients that have shown no key
/// are forgotten when there are too many, the longest unseen first. Those that
/// have are as many as the config names, and never are.
class accounts {
public:
  explicit accounts(std::size_t most_strangers) : most_(most_strangers) {}

  account& of(const limit_key& whose, bool known, time_point now);

  /// nullptr: there is none (any more).
  account* find(const limit_key& whose);

  void set_most(std::size_t strangers) noexcept { most_ = strangers; }

  /// Of all clients; may be asked on any thread.
  std::size_t size() const noexcept {
    return size_.load(std::memory_order_relaxed);
  }

private:
  struct hash {
    std::size_t operator()(const limit_key& x) const noexcept {
      return static_cast<std::size_t>(x.high);
    }
  };

  struct entry {
    limit_key key;
    time_point seen;
    bool known;
    account what;
  };

  void make_room(bool known, time_point now);

  std::size_t most_;
  std::list<entry> strangers_; ///< the latest seen first
  std::list<entry> known_;
  std::unordered_map<limit_key, std::list<entry>::iterator, hash> by_key_;
  std::atomic<std::size_t> size_{0};
};

} // namespace caisson
