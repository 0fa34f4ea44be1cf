#include "actors/batch_walk.hpp"

#include <caf/send.hpp>

#include "actors/cache/answer_parts.hpp"

namespace caisson {
namespace {

using self_ptr = front_end_self;

/// What others failed to fetch comes in a crowd: all of it is one fetch.
constexpr millis crowd{20};

void fetch(self_ptr self, std::uint64_t id, const part_list& which) {
  auto& r = self->state.requests.at(id);
  auto& whole = *r.parts->what();
  auto client = r.parts->fetch(which);
  auto narrowed = std::make_shared<call>(whole);
  narrowed->parts = nullptr;
  if (which.size() < whole.parts->parts.size() || whole.parts->repeats)
    narrowed->body = whole.parts->only(which);
  r.what = std::move(narrowed);
  r.client = std::move(client);
  set_out(self, id);
}

/// What is here cannot be told as one answer: it is asked for as if there were
/// no cache.
void ask_for_all(self_ptr self, std::uint64_t id) {
  auto& r = self->state.requests.at(id);
  auto all = std::make_shared<call>(*r.parts->what());
  all->parts = nullptr;
  r.what = std::move(all);
  r.client = r.parts->client();
  r.parts = nullptr;
  r.lookups.clear();
  set_out(self, id);
}

} // namespace

void look_for_parts(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto& all = r.what->parts->parts;
  auto kind = static_cast<std::size_t>(all.front()->kind);
  r.parts = std::make_shared<answer_parts>(
    answer_parts::order{r.what, r.client, s.told_stale[kind]});
  auto& first = r.where->targets.front();
  r.parts->expect(first.where->name(), first.model);
  auto me = caf::actor_cast<front_end_actor>(self);
  auto now = self->clock().now();
  r.lookups.reserve(all.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    auto lookup = std::make_shared<cache_lookup>(me, id, i, all[i], now,
                                                 r.what->deadline);
    r.lookups.push_back(lookup);
    caf::anon_send(s.caches->of(all[i]->key), std::move(lookup));
  }
}

void on_part(self_ptr self, const cache_verdict& word) {
  auto at = self->state.requests.find(word.id);
  if (at == self->state.requests.end() || !at->second.parts)
    return; // it has left: a lead goes to the next
  auto& parts = *at->second.parts;
  auto knew = !parts.asking();
  parts.heard(word);
  if (knew && !parts.fetching() && !parts.missing().empty())
    put_off(self, at->second, request::errand::part,
            self->clock().now() + crowd);
  else
    next_part(self, word.id);
}

void next_part(self_ptr self, std::uint64_t id) {
  auto& r = self->state.requests.at(id);
  if (!r.parts || r.parts->told()) {
    forget(self, id);
    return;
  }
  if (r.parts->asking() || r.parts->fetching())
    return;
  if (r.parts->failure()) {
    r.client = r.parts->client();
    fail(self, id, *r.parts->failure());
  } else if (auto which = r.parts->missing(); !which.empty()) {
    fetch(self, id, which);
  } else if (r.parts->waiting()) {
    return;
  } else if (r.parts->tell()) {
    forget(self, id);
  } else {
    ask_for_all(self, id);
  }
}

} // namespace caisson
