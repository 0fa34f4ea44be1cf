#include "actors/supervision/children.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace caisson {

children::~children() {
  for (auto& x : list_) {
    home_->census->strike(*x.place);
    // A supervisor that crashes takes its children with it.
    if (x.actor)
      caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
  }
}

void children::start(caf::local_actor* self, child& which) {
  which.actor = which.spec.start(which.place);
  self->monitor(which.actor);
}

void children::add(caf::local_actor* self, child_spec spec) {
  auto place = home_->census->enrol(spec.name, parent_.get());
  list_.push_back({std::move(spec), std::move(place), nullptr});
  start(self, list_.back());
}

restart_verdict children::ended(caf::local_actor* self,
                                const caf::down_msg& down, time_point now) {
  for (auto& x : list_) {
    if (!x.actor || x.actor->address() != down.source)
      continue;
    auto abnormal = static_cast<bool>(down.reason)
                    && down.reason != caf::exit_reason::user_shutdown;
    auto verdict = ledger_.ended(x.spec.restart, abnormal, now);
    home_->log->note(severity::warning, parent_->name,
                     "child " + x.spec.name + " ended, "
                       + (verdict == restart_verdict::restart ? "restarting it"
                          : verdict == restart_verdict::escalate
                            ? "too often: escalating"
                            : "letting it go"));
    x.actor = nullptr;
    if (verdict == restart_verdict::restart) {
      ++x.place->restarts;
      start(self, x);
    } else if (verdict == restart_verdict::escalate) {
      ++parent_->escalations;
    } else {
      home_->census->strike(*x.place);
      list_.erase(list_.begin() + (&x - list_.data()));
    }
    return verdict;
  }
  return restart_verdict::forget;
}

void children::stop(caf::local_actor* self) {
  for (auto i = list_.rbegin(); i != list_.rend(); ++i) {
    if (!i->actor)
      continue;
    self->demonitor(i->actor->address());
    self->send_exit(i->actor, caf::exit_reason::user_shutdown);
    i->actor = nullptr;
  }
}

} // namespace caisson
