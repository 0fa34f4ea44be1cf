#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include "tests/simulation/run.hpp"

namespace caisson::simulation {
namespace {

/// Nothing here takes so many steps: somebody goes round in circles.
constexpr std::uint64_t most_steps = 400'000;

} // namespace

bool run::step() {
  if (seen_.broken)
    return false;
  if (++seen_.step > most_steps)
    seen_.breaks("comes_to_rest", "so many steps, and no end");
  if (at_rest()) {
    lagged_ = {};
    laws([&](law& x) { x.rest(seen_); });
    if (seen_.broken || !pass_time())
      return false;
  } else if (may_kill()) {
    kill();
  } else if (storming_ && lagged_ < longest_lag
             && turns_.in_thousand(plan_.lag_share)) {
    lag();
  } else if (outside_.due() && (jobs().empty() || turns_.in_thousand(500))) {
    auto first = jobs().size();
    seen_.present = 0;
    outside_.happen();
    meet_from(first);
  } else {
    work();
  }
  look();
  return !seen_.broken;
}

/// Everybody is at rest: the next thing to happen is one of time.
bool run::pass_time() {
  auto next = outside_.next();
  auto& timers = scheduler_.clock().schedule();
  if (!timers.empty() && (!next || timers.begin()->first < *next))
    next = timers.begin()->first;
  if (!next)
    return false;
  auto first = jobs().size();
  scheduler_.advance_time(std::max(*next - seen_.now, duration{}));
  seen_.now = system_->clock().now();
  meet_from(first);
  return true;
}

/// A slow machine: time passes although somebody has something to do.
void run::lag() {
  auto by
    = std::min<duration>(std::chrono::microseconds{turns_.between(50, 6'000)},
                         longest_lag - lagged_);
  lagged_ += by;
  auto first = jobs().size();
  scheduler_.advance_time(by);
  seen_.now = system_->clock().now();
  meet_from(first);
  log_.note(seen_.now, 1, [&] { return "a delay"; });
}

/// Death comes at any step, but prefers those around an order or a reload.
bool run::may_kill() {
  if (!storming_ || kills_ >= plan_.kills)
    return false;
  auto share = plan_.kill_share;
  if (danger_ > 0) {
    --danger_;
    share = std::max(share, 150u);
  }
  return killer_.in_thousand(share);
}

void run::endanger() {
  danger_ = 8;
  if (may_kill())
    kill();
}

void run::kill() {
  constexpr std::uint32_t weights[] = {2, 1, 4, 6, 4, 2, 2, 2, 1}; // by kind
  std::uint32_t total = 0;
  auto weight = [&](const seen_actor& x) {
    return x.alive && x.resident() ? weights[static_cast<int>(x.what)] : 0;
  };
  for (auto& x : seen_.actors)
    total += weight(x);
  if (total == 0)
    return;
  ++kills_;
  auto at = killer_.below(total);
  for (auto& x : seen_.actors) {
    if (at < weight(x)) {
      log_.note(seen_.now, 2 + x.number,
                [&] { return "KILL " + household::label(x); });
      auto first = jobs().size();
      caf::anon_send_exit(x.address, caf::exit_reason::kill);
      meet_from(first);
      return;
    }
    at -= weight(x);
  }
}

/// Which of the jobs is next, as the scenario has it.
std::size_t run::choose() {
  switch (plan_.turns) {
    case schedule::first_come:
      return first_of([](std::size_t) { return 0; });
    case schedule::last_come:
      return first_of([](std::size_t i) { return i; });
    case schedule::anyone:
      return first_of([&](std::size_t) { return turns_.roll(); });
    case schedule::priorities:
      break;
  }
  if (turns_.in_thousand(20))
    epoch_ = turns_.roll();
  return first_of([&](std::size_t i) {
    auto who = household_.meet(jobs()[i]);
    return dice{epoch_ ^ (who ? who->number * 7919ULL : 0)}.roll();
  });
}

/// The job of the highest rank. On an I/O thread, those whose end is under way
/// come before their successors: only the strict look at other orders.
template <class Rank>
std::size_t run::first_of(Rank rank_of) {
  std::size_t best = 0;
  std::uint64_t highest = 0;
  auto found = false;
  auto ending = false;
  for (std::size_t i = 0; i < jobs().size(); ++i) {
    auto who = household_.meet(jobs()[i]);
    auto ends = !seen_.strict && who && household_.doomed(*who);
    std::uint64_t rank = rank_of(i);
    if (found && (ending && !ends))
      continue;
    if (found && ends == ending && rank <= highest)
      continue;
    found = true;
    ending = ends;
    highest = rank;
    best = i;
  }
  return best;
}

void run::work() {
  auto at = jobs().begin() + static_cast<std::ptrdiff_t>(choose());
  std::rotate(jobs().begin(), at, at + 1);
  auto who = household_.meet(jobs().front());
  auto first = jobs().size() - 1;
  if (!who) {
    scheduler_.run_once();
    meet_from(first);
    return;
  }
  auto actor = dynamic_cast<caf::scheduled_actor*>(jobs().front());
  auto mail = actor->mailbox().peek();
  taking what{who, !who->ran, mail ? &mail->content() : nullptr};
  auto word = word_for(what.content);
  log_.note(seen_.now, who->number * 64 + word.size(), [&] {
    return household::label(*who) + " takes " + std::string{word};
  });
  household_.before(*who);
  seen_.permit = permit_in(what);
  laws([&](law& x) { x.before(seen_, what); });
  scheduler_.run_once();
  what.content = nullptr;
  household_.after(*who);
  meet_from(first);
  seen_.permit.reset();
  laws([&](law& x) { x.after(seen_, what); });
}

void run::look() {
  if (seen_.broken)
    return;
  for (; looked_at_ < seen_.attempts.size(); ++looked_at_)
    laws([&](law& x) { x.attempt(seen_, seen_.attempts[looked_at_]); });
  laws([&](law& x) { x.step(seen_); });
}

void run::meet_from(std::size_t first) {
  for (auto i = first; i < jobs().size(); ++i)
    household_.meet(jobs()[i]);
}

void run::pass(duration by) {
  auto until = seen_.now + by;
  outside_.later(until, [] {});
  while (seen_.now < until && step()) {
    // On.
  }
}

} // namespace caisson::simulation
