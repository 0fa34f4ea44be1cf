#include "tests/simulation/household.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/system_messages.hpp>

#include "actors/cache/messages.hpp"
#include "actors/cache/near.hpp"
#include "actors/dependency/job.hpp"
#include "actors/dependency/requests.hpp"

namespace caisson::simulation {
namespace {

using kind = seen_actor::kind;

kind kind_of(std::string_view name) {
  if (name == "supervisor")
    return kind::supervisor;
  if (name == "dependency")
    return kind::dependency;
  if (name == "worker")
    return kind::worker;
  if (name == "cache")
    return kind::cache;
  if (name == "semantic")
    return kind::semantic;
  if (name == "limiter")
    return kind::limiter;
  if (name == "agent")
    return kind::agent;
  return name == "front_end" ? kind::front_end : kind::other;
}

} // namespace

seen_actor* household::meet(caf::resumable* job) {
  auto actor = dynamic_cast<caf::scheduled_actor*>(job);
  if (!actor)
    return nullptr;
  if (auto known = seen_.actor(actor->id()))
    return known;
  auto& x = seen_.actors.emplace_back();
  x.id = actor->id();
  x.number = static_cast<std::uint32_t>(seen_.actors.size());
  x.what = kind_of(actor->name());
  x.parent = seen_.present;
  x.address = actor->address();
  seen_.who.emplace(x.id, &x);
  seen_.born.push_back(&x);
  if (auto parent = seen_.actor(x.parent); parent && x.what == kind::worker)
    x.at = parent->at;
  return &x;
}

void household::before(seen_actor& who) {
  seen_.present = who.id;
  seen_.born.clear();
}

void household::after(seen_actor& who) {
  if (!who.ran)
    move_in(who);
  // One that has no place has crashed while it moved in.
  if (who.resident())
    who.alive = who.record && who.record->alive;
  if (!who.alive) {
    deaths_ = true;
    seen_.last_death = seen_.now;
  }
  if (who.what == kind::dependency && !who.alive)
    for (auto* x : seen_.running)
      if (auto worker = seen_.actor(x->worker); worker->parent == who.id)
        x->orphan = true;
}

bool household::doomed(const seen_actor& who) const {
  auto parent = seen_.who.find(who.parent);
  return deaths_ && parent != seen_.who.end()
         && (!parent->second->alive || doomed(*parent->second));
}

void household::move_in(seen_actor& who) {
  who.ran = true;
  for (auto& place : places_.places()) {
    auto taken
      = std::any_of(seen_.actors.begin(), seen_.actors.end(), [&](auto& other) {
          return &other != &who && other.alive && other.record == place;
        });
    if (place->alive && !taken) {
      who.record = place;
      break;
    }
  }
  if (who.what == kind::dependency)
    find_place(who);
}

void household::find_place(seen_actor& who) {
  for (auto& x : seen_.places)
    if (auto lives = x.where->supervisor(); lives && lives.id() == who.id)
      who.at = &x;
  if (who.at)
    ++who.at->lives;
}

std::string household::label(const seen_actor& who) {
  constexpr const char* kinds[]
    = {"other", "supervisor", "dependency", "worker", "front_end",
       "cache", "limiter",    "semantic",   "agent"};
  auto name = who.record ? who.record->name
                         : std::string{kinds[static_cast<int>(who.what)]};
  return name + "#" + std::to_string(who.number);
}

// -- messages -----------------------------------------------------------------

namespace {

struct row {
  bool (*matches)(const caf::type_erased_tuple&);
  std::string_view word;
};

template <class T>
bool matches(const caf::type_erased_tuple& x) {
  return x.match_elements<T>();
}

constexpr row rows[] = {
  {matches<attempt_event>, "attempt_event"},
  {matches<job_ptr>, "job"},
  {matches<job_finished>, "job_finished"},
  {matches<race_won>, "race_won"},
  {matches<sweep_atom>, "sweep"},
  {matches<submission>, "submission"},
  {matches<std::shared_ptr<admission_request>>, "admission_request"},
  {matches<admission>, "admission"},
  {matches<std::shared_ptr<retry_request>>, "retry_request"},
  {matches<retry_verdict>, "retry_verdict"},
  {matches<attempt_outcomes>, "attempt_outcomes"},
  {matches<permit_freed_atom>, "permit_freed"},
  {matches<withdrawn_atom>, "withdrawn"},
  {matches<client_left>, "client_left"},
  {matches<job_cancelled>, "job_cancelled"},
  {matches<breaker_mode_set>, "breaker_mode_set"},
  {matches<breaker_rumour>, "breaker_rumour"},
  {matches<speaker_gone>, "speaker_gone"},
  {matches<dependency_changed>, "dependency_changed"},
  {matches<routes_changed>, "routes_changed"},
  {matches<cache_changed>, "cache_changed"},
  {matches<semantic_changed>, "semantic_changed"},
  {matches<retire_atom>, "retire"},
  {matches<child_spec_ptr>, "child_spec"},
  {matches<caf::exit_msg>, "exit"},
  {matches<caf::down_msg>, "down"},
};

} // namespace

std::string_view word_for(const caf::type_erased_tuple* content) {
  if (!content)
    return "nothing";
  for (auto& x : rows)
    if (x.matches(*content))
      return x.word;
  return "another message";
}

std::optional<breaker_permit> permit_in(const taking& what) {
  if (auto given = what.as<admission>())
    return given->granted ? std::optional{given->granted->permit()}
                          : std::nullopt;
  if (auto job = what.as<job_ptr>())
    if ((*job)->of().place.in_flight())
      return (*job)->of().place.permit();
  return std::nullopt;
}

} // namespace caisson::simulation
