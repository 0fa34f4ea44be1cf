#include <caf/send.hpp>

#include "tests/simulation/run.hpp"

namespace caisson::simulation {

seen_request& run::ask(const question& what, std::string trace_id) {
  auto& x = seen_.requests.emplace_back();
  x.id = seen_.requests.size();
  x.asked = seen_.now;
  x.thread = what.thread;
  auto call = std::make_shared<caisson::call>();
  call->trace_id = std::move(trace_id);
  call->model = what.model;
  call->stream = what.stream;
  call->idempotent = what.idempotent;
  call->hurried = what.hurried;
  call->caller = what.caller;
  call->deadline = seen_.now + what.deadline;
  call->body = outside::make_payload(x, what);
  x.what = call;
  seen_.open.push_back(&x);
  log_.note(seen_.now, x.id, [&] {
    return "request " + std::to_string(x.id) + " for " + what.model
           + (what.stream ? ", a stream" : "") + ", within "
           + std::to_string(what.deadline.count()) + " ms";
  });
  auto first = jobs().size();
  caf::anon_send(tree_->front_end_of(x.thread),
                 submission{x.id, call, outside_.make_client(x)});
  meet_from(first);
  return x;
}

void run::leave(seen_request& who) {
  if (who.finals > 0)
    return;
  who.left = seen_.now;
  log_.note(seen_.now, who.id, [&] {
    return "the client of request " + std::to_string(who.id) + " leaves";
  });
  caf::anon_send(tree_->front_end_of(who.thread), client_left{who.id});
}

void run::obey(const order& what) {
  endanger();
  for (auto& x : seen_.places) {
    if (x.name != what.dependency || x.removed)
      continue;
    log_.note(seen_.now, 3, [&] {
      return "order: " + what.dependency + " is to be "
             + std::string{name_of(what.mode)};
    });
    x.mode = what.mode;
    x.where->set_mode(what.mode);
  }
}

void run::apply(const config& wanted) {
  if (!seen_.ends.empty())
    return;
  endanger();
  log_.note(seen_.now, 4, [&] { return "reload"; });
  tree_->apply(wanted.dependencies, wanted.models);
  note_places(wanted);
}

void run::note_places(const config& wanted) {
  for (auto& x : seen_.places) {
    auto stays
      = std::any_of(wanted.dependencies.begin(), wanted.dependencies.end(),
                    [&](auto& s) { return s.url == x.address; });
    if (stays || x.removed)
      continue;
    x.removed = seen_.now;
  }
  for (auto& x : wanted.dependencies)
    note_version(x);
}

void run::note_version(const dependency_settings& of) {
  auto known = std::find_if(seen_.places.begin(), seen_.places.end(),
                            [&](auto& x) { return x.address == of.url; });
  auto fresh = known == seen_.places.end();
  auto& x = fresh ? seen_.places.emplace_back() : *known;
  if (fresh) {
    x.number = static_cast<std::uint32_t>(seen_.places.size());
    x.name = of.name;
    x.address = of.url;
    for (auto& where : tree_->dependencies())
      if (where->name() == x.name)
        x.where = where;
  }
  // A reload that does not speak of the mode leaves it alone.
  if (fresh || x.versions.back().settings.breaker.mode != of.breaker.mode)
    x.mode = of.breaker.mode;
  x.versions.push_back({seen_.now, of});
}

} // namespace caisson::simulation
