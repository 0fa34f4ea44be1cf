#include "actors/limits/accounts.hpp"

#include "actors/limits/book.hpp"

namespace caisson {

namespace {

using namespace std::chrono_literals;

/// No limit has a longer span: who was not seen for that long owes nothing.
constexpr duration longest_span = 24h;

} // namespace

standing decide(account& whose, const charges& what, time_point now,
                std::uint32_t nodes) {
  std::array<limit_state, charges::capacity> states;
  std::array<charge, charges::capacity> mine;
  auto fits = true;
  auto list = what.all();
  for (std::size_t i = 0; i < list.size(); ++i) {
    mine[i] = list[i];
    mine[i].of = share_of(list[i].of, nodes);
    auto& window = whose.windows[mine[i].slot];
    auto wait = window.wait_for(mine[i].of, mine[i].cost, now);
    // What never fits is told to wait until all is there.
    states[i].wait = wait.value_or(mine[i].of.span);
    fits = fits && wait == duration{0};
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& window = whose.windows[mine[i].slot];
    if (fits)
      window.spend(mine[i].of, mine[i].cost, now);
    states[i].remaining = window.remaining(mine[i].of, now);
    states[i].whole_in = window.whole_in(mine[i].of, now);
  }
  auto result
    = summary({mine.data(), list.size()}, {states.data(), list.size()});
  result.spent_at = now.time_since_epoch().count();
  return result;
}

void settle(limit_windows& windows, const charges& reserved,
            std::span<const std::uint64_t> used, time_point when,
            time_point now, std::uint32_t nodes) {
  auto list = reserved.all();
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& window = windows[list[i].slot];
    auto mine = share_of(list[i].of, nodes);
    if (used[i] < list[i].cost)
      window.give_back(mine, list[i].cost - used[i], when, now);
    else
      window.spend(mine, used[i] - list[i].cost, now);
  }
}

account& accounts::of(const limit_key& whose, bool known, time_point now) {
  if (auto at = by_key_.find(whose); at != by_key_.end()) {
    auto& x = *at->second;
    x.seen = now;
    auto& home = x.known ? known_ : strangers_;
    home.splice(home.begin(), home, at->second);
    return x.what;
  }
  make_room(known, now);
  auto& home = known ? known_ : strangers_;
  home.push_front({whose, now, known, {}});
  by_key_.emplace(whose, home.begin());
  size_.store(by_key_.size(), std::memory_order_relaxed);
  return home.front().what;
}

account* accounts::find(const limit_key& whose) {
  auto at = by_key_.find(whose);
  return at == by_key_.end() ? nullptr : &at->second->what;
}

void accounts::make_room(bool known, time_point now) {
  auto& home = known ? known_ : strangers_;
  auto most = known ? home.max_size() : most_;
  // Two for one that comes: so the table shrinks again after a flood.
  for (int i = 0; i < 2 && !home.empty(); ++i) {
    auto& oldest = home.back();
    if (home.size() < most && now - oldest.seen < longest_span)
      return;
    by_key_.erase(oldest.key);
    home.pop_back();
  }
}

} // namespace caisson
