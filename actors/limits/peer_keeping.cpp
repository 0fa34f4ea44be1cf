// What a node does as the keeper of a client's windows, for all.
#include <algorithm>

#include "actors/limits/peer_counts.hpp"

namespace caisson {

namespace {

/// All nodes see the same again after that (SPEC 12).
constexpr std::chrono::seconds settling_time{5};

} // namespace

std::optional<std::size_t> peer_counter::other(std::uint16_t version,
                                               const std::string& name) const {
  auto node = peers_.find(name);
  return version == quota_version && node && !peers_.self(*node) ? node
                                                                 : std::nullopt;
}

allowance peer_counter::decide_as_keeper(const limit_key& who, account& whose,
                                         limit_windows& through,
                                         const charges& what,
                                         std::uint32_t units) {
  ask_for_past(who, *whose.among, what);
  return decide_for_all(whose, through, what, units, now(), peers_.count());
}

quota_answer peer_counter::answer(const quota_question& x) {
  limit_key who{x.high, x.low};
  auto what = charges_in(x.what);
  auto from = other(x.version, x.name);
  auto keeper = keeper_of(who);
  if (!what || !from || !keeper || !peers_.self(keeper->node))
    return {};
  // Who only tells of the past speaks of a client that has an account here.
  if (x.units == 0 && !find(who))
    return {};
  auto& whose = account_of(who, x.known);
  auto& through = windows_of(*whose.among, *from);
  for (std::size_t i = 0; i < what->size(); ++i)
    if ((x.told >> i & 1) != 0) {
      auto& one = what->all()[i];
      through[one.slot].take_over(share_of(one.of, peers_.count()),
                                  past_in(x, i, now()), now());
    }
  if (x.units == 0)
    return noted();
  auto out = decide_as_keeper(who, whose, through, *what,
                              std::min(x.units, lease_book::most_units));
  return answer_of(out.how, out.units);
}

quota_answer peer_counter::change(const quota_change& x) {
  auto what = charges_in(x.what);
  auto used = what ? used_in(x, *what) : std::nullopt;
  auto from = other(x.version, x.name);
  auto* whose = find({x.high, x.low});
  if (!used || !from || !whose)
    return {};
  caisson::settle(windows_of(*whose->among, *from), *what, *used,
                  now() - length_in(x.age), now(), peers_.count());
  return noted();
}

/// Once for each of its limits when those who keep have changed, and once more
/// when all have had the time to notice and to be linked; not where they are
/// the same for longer than the limit looks back.
void peer_counter::ask_for_past(const limit_key& who, node_account& it,
                                const charges& what) {
  auto settled = now() - peers_.since() >= settling_time ? 1 : 0;
  auto round = 2 * peers_.changes() + settled;
  if (it.recalled_in != round) {
    it.recalled_in = round;
    it.recalled.reset();
  }
  charges wanted;
  for (auto& one : what.all())
    if (!it.recalled[one.slot] && now() - peers_.since() < one.of.span) {
      it.recalled.set(one.slot);
      wanted.add(one);
    }
  if (wanted.empty() || peers_.count() == 1)
    return;
  self_->send(peers_.line(), quota_call{about<quota_recall>(who, wanted)});
}

} // namespace caisson
