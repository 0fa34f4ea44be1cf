#include "actors/cache/semantic.hpp"

#include <utility>

#include <caf/send.hpp>

namespace caisson {
namespace {

using self_ptr = semantic_actor::stateful_pointer<semantic_state>;

void find_none(self_ptr self, std::uint64_t id, std::function<void()> kept) {
  auto& s = self->state;
  auto at = s.running.extract(id);
  s.counters->miss(self->clock().now() - at.mapped().began);
  at.mapped().search->nothing(std::move(kept));
}

/// What is to be done when the answer is kept: its question is known from then
/// on.
std::function<void()> learning(self_ptr self, const comparison& x) {
  if (!x.search->exact().keeps)
    return {};
  auto lesson = std::make_shared<const near_lesson>(
    near_lesson{x.search->what->context, x.search->exact().key, *x.where,
                self->state.settings.embeddings});
  auto me = caf::actor_cast<semantic_actor>(self);
  return [me, lesson] { caf::anon_send(me, lesson); };
}

/// Looks for the answer to the nearest question; where there is none, the
/// asker's own will be one to be found.
void compare(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& x = s.running.at(id);
  auto now = self->clock().now();
  auto nearest = s.index.nearest(x.search->what->context, *x.where,
                                 static_cast<float>(s.settings.threshold));
  if (!nearest || now >= x.by) {
    find_none(self, id, learning(self, x));
    return;
  }
  x.nearest = std::move(*nearest);
  auto& key = x.nearest.key;
  caf::anon_send(s.plan.caches->of(key),
                 std::make_shared<cache_peek>(
                   caf::actor_cast<cache_peeker_actor>(self), id, key, x.by));
}

void on_vector(self_ptr self, std::uint64_t id,
               std::optional<unit_vector> where, embedding_flaw flaw) {
  auto& s = self->state;
  auto at = s.running.find(id);
  if (at == s.running.end())
    return;
  if (!where) {
    s.counters->flaw(flaw);
    s.running.erase(at); // which sends its asker to fetch
  } else if (!at->second.search->wanted()) {
    s.running.erase(at);
  } else {
    at->second.where = std::move(where);
    compare(self, id);
  }
}

void on_search(self_ptr self, const near_search_ptr& x) {
  auto& s = self->state;
  if (!s.on || !x->wanted())
    return;
  // What is asked for has no answer: it would be found, and be in vain.
  s.index.forget(x->exact().key);
  auto now = self->clock().now();
  auto by = std::min(x->deadline(), now + s.settings.timeout);
  auto id = ++s.last;
  s.running.emplace(id, comparison{x, now, by, std::nullopt});
  s.asks->ask(x->what, now, by,
              [self, id](std::optional<unit_vector> where, embedding_flaw why) {
                on_vector(self, id, std::move(where), why);
              });
}

void on_sight(self_ptr self, const cache_sight& x) {
  auto& s = self->state;
  auto at = s.running.find(x.id);
  if (at == s.running.end())
    return;
  auto& search = *at->second.search;
  if (x.how == cache_sight::kind::unknown) {
    find_none(self, x.id, learning(self, at->second));
    return;
  }
  if (x.how == cache_sight::kind::gone || !search.what->suits(*x.value)) {
    s.index.forget(at->second.nearest.key);
    s.counters->publish(s.index);
    compare(self, x.id);
    return;
  }
  s.counters->hit(*x.value, self->clock().now() - at->second.began);
  search.found(x.value, at->second.nearest.likeness);
  s.running.erase(at);
}

void on_lesson(self_ptr self, const near_lesson& x) {
  auto& s = self->state;
  if (!s.on || x.embeddings != s.settings.embeddings)
    return;
  s.index.put(x.context, x.key, x.where);
  s.counters->publish(s.index);
}

/// Vectors of another model are in another space: all are forgotten, and
/// searches that have begun in the old one find nothing.
void on_changed(self_ptr self, const semantic_changed& x) {
  auto& s = self->state;
  auto other = x.settings.embeddings != s.settings.embeddings;
  s.on = x.where != nullptr;
  s.settings = x.settings;
  if (other || !s.on) {
    s.running.clear();
    s.index.clear();
  }
  s.index.set_bound(x.settings.max_entries);
  s.counters->publish(s.index);
  std::string_view name = x.settings.embeddings;
  if (s.on)
    s.asks->turn_to(x.where, std::string{name.substr(name.find('/') + 1)},
                    s.plan.caches->size());
}

} // namespace

semantic_actor::behavior_type semantic(self_ptr self, semantic_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  s.counters.emplace(*s.plan.home->metrics, s.plan.caches->of_semantic());
  s.asks.emplace(caf::actor_cast<job_owner_actor>(self));
  on_changed(self, s.plan.caches->semantic_now());
  return {
    [self](const near_search_ptr& x) { on_search(self, x); },
    [self](const job_finished& x) {
      self->state.asks->on_finished(x, self->clock().now());
    },
    [self](const cache_sight& x) { on_sight(self, x); },
    [self](const near_lesson_ptr& x) { on_lesson(self, *x); },
    [self](const semantic_changed& x) { on_changed(self, x); },
  };
}

semantic_actor start_semantic(semantic_plan plan, record_ptr place) {
  auto home = plan.home;
  return launch<semantic_actor, semantic_state>(
    *home->system, {}, std::move(place), home->log,
    [plan = std::move(plan)](auto* self) { return semantic(self, plan); });
}

} // namespace caisson
