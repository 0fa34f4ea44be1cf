// Who of all nodes fetches a value: asked of its key's keeper, and answered as
// one.
#include <algorithm>
#include <utility>

#include "actors/cache/far.hpp"

namespace caisson {

namespace {

bool well_said(const std::string& key, const std::string& token) noexcept {
  // Keys and tokens of this house are shorter; of what is not nothing is kept.
  return key.size() <= 512 && token.size() <= 256 && !token.empty();
}

std::optional<std::string> claim_here(cache_self self, const flight_claim& x) {
  auto now = self->clock().now();
  auto lease = std::min(millis{x.lease_ms}, claim_lease);
  return self->state.far->held.claim(
    x.key, {x.token, x.name, x.instead_of, now + lease}, now);
}

flight_claim claim_by(cache_self self, const std::string& key,
                      const std::string& token) {
  flight_claim out;
  out.name = self->state.far->self();
  out.key = key;
  out.token = token;
  out.lease_ms = static_cast<std::uint32_t>(claim_lease.count());
  return out;
}

/// Asks another node; `then` hears the token of who fetches, or "".
template <class Then>
void put(cache_self self, std::string keeper, flight_claim what,
         const Then& then) {
  self
    ->request(self->state.far->line(), claim_patience,
              flight_errand{keeper, std::move(what)})
    .then(
      [then](const flight_grant& said) {
        then(said.version == flight_version ? said.holder : std::string{});
      },
      [self, keeper = std::move(keeper), then](const caf::error&) {
        self->state.far->silent(keeper, self->clock().now());
        then(std::string{});
      });
}

} // namespace

void ask_keeper(cache_self self, const std::string& key, std::uint64_t question,
                claim_reach how, const std::function<void()>& over) {
  auto& s = self->state;
  auto heard = [self, key, question, over](const std::string& holder) {
    auto at = self->state.fetches.find(key);
    if (at != self->state.fetches.end() && at->second.question == question) {
      at->second.question = 0;
      on_holder(self, key, at->second, holder);
    }
    over();
  };
  auto at = s.fetches.find(key);
  if (at == s.fetches.end() || at->second.question != question) {
    over();
    return;
  }
  auto keeper = s.far->keeper_of(key, self->clock().now());
  auto what = claim_by(self, key, at->second.token);
  if (how == claim_reach::waited_for)
    what.instead_of = at->second.waited_for;
  if (!keeper || !s.far->line())
    heard({});
  else if (*keeper == s.far->self())
    heard(claim_here(self, what).value_or(std::string{}));
  else
    put(self, std::move(*keeper), std::move(what), heard);
}

void renew_at_keeper(cache_self self, const std::string& key,
                     const std::string& token) {
  auto& far = *self->state.far;
  auto keeper = far.keeper_of(key, self->clock().now());
  auto what = claim_by(self, key, token);
  if (keeper && *keeper == far.self())
    claim_here(self, what);
  else if (keeper && far.line())
    put(self, std::move(*keeper), std::move(what), [](const std::string&) {});
}

void release_at_keeper(cache_self self, const std::string& key,
                       const std::string& token) {
  auto& far = *self->state.far;
  auto keeper = far.keeper_named(key, self->clock().now());
  if (!keeper)
    return;
  if (*keeper == far.self()) {
    far.held.release(key, token);
    return;
  }
  flight_release what;
  what.key = key;
  what.token = token;
  far.post(std::move(*keeper), std::move(what));
}

/// Whoever asks may see another keeper than this node does: it is answered all
/// the same, since two who keep cost a call at most.
flight_grant on_claim(cache_self self, const flight_claim& x) {
  flight_grant out;
  if (self->state.far && x.version == flight_version
      && well_said(x.key, x.token))
    out.holder = claim_here(self, x).value_or(std::string{});
  return out;
}

void on_release(cache_self self, const flight_release& x) {
  if (self->state.far && x.version == flight_version)
    self->state.far->held.release(x.key, x.token);
}

} // namespace caisson
