#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "actors/call.hpp"
#include "actors/limits/settings.hpp"
#include "actors/policies/spend_window.hpp"

namespace caisson {

/// What a limit counts: a metric label.
enum class limit_type : std::uint8_t {
  minute,   ///< requests in any minute
  hour,     ///< in any hour
  day,      ///< in any day
  endpoint, ///< requests of one kind in any minute
  tokens,   ///< LLM tokens in any minute
  budget,   ///< money in any day, in billionths of a USD
  tool,     ///< calls of one tool in any minute, in an account of its own
};

std::string_view name_of(limit_type type) noexcept;

/// Each client has a window for each of these: the types, but `endpoint` once
/// for each endpoint.
using limit_slot = std::uint8_t;

inline constexpr std::size_t limit_slots = 5 + endpoint_count;

limit_slot slot_of(limit_type type, endpoint where = endpoint::llm) noexcept;

/// The slot's part of a key in a store: "minute", "llm".
std::string_view name_of_slot(limit_slot slot) noexcept;

using limit_windows = std::array<spend_window, limit_slots>;

/// So much of one limit.
struct charge {
  limit_type what{};
  limit_slot slot = 0;
  spend_limit of;
  std::uint64_t cost = 1;
};

/// All that one request is charged at a time: all of it or nothing.
class charges {
public:
  static constexpr std::size_t capacity = 4;

  void add(const charge& one) noexcept {
    if (size_ < capacity)
      list_[size_++] = one;
  }

  /// The same limits, and nothing taken of them.
  charges free() const noexcept {
    auto result = *this;
    for (auto& one : result.list_)
      one.cost = 0;
    return result;
  }

  std::span<const charge> all() const noexcept { return {list_.data(), size_}; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

private:
  std::array<charge, capacity> list_;
  std::size_t size_ = 0;
};

/// Where the numbers of a decision come from.
enum class limit_source : std::uint8_t { memory, redis, cluster };

inline constexpr std::size_t limit_source_count = 3;

std::string_view name_of(limit_source source) noexcept;

/// How a client stands after a decision. It speaks of one limit: of the one
/// that refuses for longest, else of the one that has least left.
struct standing {
  bool exceeded = false; ///< and so nothing was spent
  bool limited = false;  ///< false: there is no limit to speak of
  limit_type what{};
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  duration whole_in{};    ///< until all of it is there again
  duration retry_after{}; ///< until the same request would be admitted
  limit_source source = limit_source::memory;
  /// When it was spent, by the clock of the source: for what is given back.
  std::int64_t spent_at = 0;
};

/// How one limit stands, for `summary`.
struct limit_state {
  std::uint64_t remaining = 0;
  duration wait{}; ///< until the charge fits; 0: it does
  duration whole_in{};
};

/// What is told of several limits: one of them. `states` has one for each
/// charge, after they were spent where all of them fit.
standing summary(std::span<const charge> what,
                 std::span<const limit_state> states);

} // namespace caisson
