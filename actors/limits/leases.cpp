#include "actors/limits/leases.hpp"

#include <algorithm>
#include <utility>

namespace caisson {

namespace {

bool each_costs(const charges& what, std::uint64_t amount) {
  auto all = what.all();
  return std::all_of(all.begin(), all.end(),
                     [=](auto& x) { return x.cost == amount; });
}

/// What is left is what the keeper has said, and what is held of it here.
standing with_held(standing how, std::uint32_t held) {
  how.remaining = std::min(how.limit, how.remaining + held);
  return how;
}

} // namespace

slot_set slots_of(const charges& what) noexcept {
  slot_set out;
  for (auto& x : what.all())
    out.set(x.slot);
  return out;
}

charges times(const charges& what, std::uint64_t units) noexcept {
  charges out;
  for (auto one : what.all()) {
    one.cost *= units;
    out.add(one);
  }
  return out;
}

lease_book::lease* lease_book::find(const charges& what) {
  auto slots = slots_of(what);
  auto at = std::find_if(all_.begin(), all_.end(),
                         [&](auto& x) { return x.slots == slots; });
  return at == all_.end() ? nullptr : &*at;
}

std::optional<standing> lease_book::take(const charges& what, time_point now) {
  auto* it = find(what);
  auto looks = each_costs(what, 0);
  if (!it || !(looks || each_costs(what, 1)))
    return std::nullopt;
  auto age = now - it->since;
  auto how = it->how;
  how.whole_in = std::max(duration{0}, how.whole_in - age);
  if (how.exceeded) {
    if (age >= std::min<duration>(refusal_life, how.retry_after))
      return std::nullopt;
    how.retry_after -= age;
    return how;
  }
  if (age >= life || it->left == 0)
    return std::nullopt;
  if (!looks)
    --it->left;
  return with_held(how, it->left);
}

std::uint32_t lease_book::wanted(const charges& what, time_point now) {
  auto* it = find(what);
  if (!it || !each_costs(what, 1) || it->left > 0 || now - it->since >= life)
    return 1;
  auto before = std::exchange(it->granted, 0);
  return std::clamp(2 * before, 1u, most_units);
}

std::uint32_t lease_book::keep(const charges& what, const standing& how,
                               std::uint32_t units, time_point now) {
  if (!each_costs(what, 1))
    return 0;
  auto held = how.exceeded || units == 0 ? 0 : units - 1;
  auto* it = find(what);
  if (it && it->left > 0 && now - it->since < life)
    return held;
  if (!it)
    it = &all_.emplace_back();
  *it = {what, slots_of(what), how, now, held + 1, held};
  return 0;
}

std::vector<lease_book::rest> lease_book::expired(time_point now) {
  std::vector<rest> out;
  for (auto& x : all_)
    if (x.left > 0 && now - x.since >= life)
      out.push_back({x.what, std::exchange(x.left, 0), x.since});
  return out;
}

} // namespace caisson
