#include "actors/limits/node_account.hpp"

#include <algorithm>

#include "actors/limits/accounts.hpp"
#include "actors/limits/book.hpp"
#include "actors/policies/spend_sum.hpp"

namespace caisson {

namespace {

spend_sum sum_of(account& whose, const charge& one, time_point now) {
  spend_sum out{one.of, now};
  out.add(whose.windows[one.slot]);
  if (whose.among)
    for (auto& x : whose.among->others)
      out.add(x.windows[one.slot]);
  return out;
}

/// What one node may hold of a limit beforehand.
std::uint64_t most_ahead(const spend_limit& of, std::uint32_t nodes) noexcept {
  return of.most / (20 * endpoint_count * nodes);
}

} // namespace

void forget(node_account& it) {
  it.told_to.reset();
  it.told.reset();
  it.leases.clear();
  ++it.forgettings;
}

void turn_to(node_account& it, const cluster_keeper& keeper) {
  if (it.told_to == keeper)
    return;
  forget(it);
  it.told_to = keeper;
}

limit_windows& windows_of(node_account& in, std::size_t node) {
  for (auto& x : in.others)
    if (x.node == node)
      return x.windows;
  in.others.push_back({node, {}});
  return in.others.back().windows;
}

allowance decide_for_all(account& whose, limit_windows& through,
                         const charges& what, std::uint32_t units,
                         time_point now, std::uint32_t nodes) {
  auto list = what.all();
  std::array<limit_state, charges::capacity> states;
  std::uint64_t most = std::max(1u, units);
  auto fits = true;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& one = list[i];
    auto sum = sum_of(whose, one, now);
    auto wait = sum.wait_for(one.cost);
    // What never fits is told to wait until all is there.
    states[i].wait = wait.value_or(one.of.span);
    fits = fits && wait == duration{0};
    if (one.cost == 0)
      continue;
    auto ahead = most_ahead(one.of, nodes) / one.cost;
    most = std::min(
      {most, sum.remaining() / one.cost, std::max<std::uint64_t>(1, ahead)});
  }
  allowance out;
  out.units = fits ? static_cast<std::uint32_t>(most) : 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& one = list[i];
    if (fits)
      through[one.slot].spend(share_of(one.of, nodes), one.cost * out.units,
                              now);
    auto sum = sum_of(whose, one, now);
    states[i].remaining = sum.remaining();
    states[i].whole_in = sum.whole_in();
  }
  out.how = summary(list, {states.data(), list.size()});
  out.how.source = limit_source::cluster;
  out.how.spent_at = now.time_since_epoch().count();
  return out;
}

} // namespace caisson
