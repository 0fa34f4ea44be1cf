#include "actors/cache/peek.hpp"

#include <caf/send.hpp>

#include "actors/cache/fetching.hpp"

namespace caisson {

void cache_peek::answer(cache_sight::kind how, cached_ptr value) {
  if (!std::exchange(answered_, true))
    caf::anon_send(from_, cache_sight{id_, how, std::move(value)});
}

namespace {

/// What the store has, unless it was revoked while it was on its way.
void see_there(cache_self self, const cache_peek_ptr& x, std::uint64_t stamp,
               const kv_value& answer) {
  auto& s = self->state;
  auto got = read_claim(answer);
  auto fresh = got && got->how == claim_answer::kind::fresh && got->value;
  if (!fresh || !s.revoked.holds(x->key, stamp)) {
    x->gone();
    return;
  }
  remember(self, x->key, got->value, got->left);
  x->there(std::move(got->value));
}

} // namespace

void peek(cache_self self, const cache_peek_ptr& x) {
  auto& s = self->state;
  auto found = s.l1->get(x->key, self->clock().now());
  if (found && found->fresh)
    x->there(std::move(found->value));
  else if (!s.l2)
    x->gone();
  else
    ask_now(
      self, look_of(x->key),
      [self, x, stamp = s.revoked.stamp()](const result<kv_value_ptr>& got) {
        if (got)
          see_there(self, x, stamp, **got);
      },
      x->by);
}

} // namespace caisson
