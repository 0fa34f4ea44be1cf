#include "actors/hedging.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// More than one may speak from now on, who runs already among them.
void share(request& r, std::uint32_t lane, job& first) {
  r.shared = std::make_shared<shared_reply>(r.client, false);
  r.shared->attempts = first.of().attempts_before + first.attempts;
  first.share(r.shared->lane(lane), {r.shared, &r.shared->attempts});
}

} // namespace

void plan_hedge(front_end_self self, request& r, time_point now) {
  if (r.next >= r.where->targets.size() || !r.what->idempotent)
    return;
  self->state.hedges.deposit(now);
  auto& first = r.where->targets[r.next - 1];
  auto& rule = r.where->hedge;
  auto after = rule->after ? rule->after : first.where->usual_first_byte();
  if (after)
    put_off(self, r, request::errand::hedge, now + *after);
}

void hedge(front_end_self self, std::uint64_t id) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  if (under_way(r) != 1 || r.next >= r.where->targets.size())
    return;
  auto& lane = r.lanes[0].number != 0 ? r.lanes[0] : r.lanes[1];
  auto first = lane.what.lock();
  if (!first || first->delivered)
    return;
  auto now = self->clock().now();
  auto& to = r.where->targets[r.next];
  auto got = enter(r, to, now);
  // A hedge never waits in a queue: it would only add to the load.
  if (got.how != entry::kind::admitted)
    return;
  if (!s.hedges.withdraw(now)) {
    count(self, families::hedges, to.where->name(), "over_budget");
    return;
  }
  ++r.next;
  count(self, families::hedges, to.where->name(), "started");
  if (!r.shared)
    share(r, lane.number, *first);
  auto fe = caf::actor_cast<front_end_actor>(self);
  r.shared->race(
    [fe, id](std::uint32_t which) { caf::anon_send(fe, race_won{id, which}); });
  dispatch(self, id, to, std::move(got.place));
}

} // namespace caisson
