// What must hold of a cluster, whatever happens to it.
#include <algorithm>

#include "tests/simulation/cluster/life.hpp"
#include "tests/simulation/law.hpp"

namespace caisson::simulation {

namespace {

using std::chrono::seconds;

/// SPEC 12: dead within 3 s; a beat may have been on its way, and time is
/// looked at every 250 ms.
constexpr duration death_known_in = millis{3'000 + 1'000 + 500};
/// Whole again after that.
constexpr duration whole_in = seconds{5};
constexpr duration longest_wait = millis{50};
/// A keeper counts when it decides, a client when it is told.
constexpr duration on_the_way = millis{100};

/// The most that passed in any span of `span` that begins at `from` or later.
std::uint64_t worst(const std::vector<time_point>& all, time_point from,
                    duration span) {
  std::uint64_t most = 0;
  std::size_t first = 0;
  while (first < all.size() && all[first] < from)
    ++first;
  for (auto last = first; last < all.size(); ++last) {
    while (all[last] - all[first] >= span)
      ++first;
    most = std::max<std::uint64_t>(most, last - first + 1);
  }
  return most;
}

} // namespace

void life::broken(std::string_view law, std::string how) {
  if (!broken_)
    broken_ = sight::breach{std::string{law}, std::move(how)};
}

/// L1: an answer comes once, and within 50 ms of a machine that runs.
void life::heard(quota_asked& what) {
  auto took = *what.answered - what.at;
  if (what.answers > 1)
    broken("one_answer", "a question was answered twice");
  if (took > longest_wait && undisturbed_[what.node][what.node] < what.at)
    broken("within_50_ms", "node " + all_.at(what.node).name + " took "
                             + in_ms(took) + " for a decision");
  if (!what.passed)
    return;
  auto& who = clients_[what.client];
  who.passed.push_back(*what.answered);
  if (!crashed_.contains(what.node))
    who.known.push_back(*what.answered);
}

/// M1: nodes that can speak with each other for long enough take each other for
/// alive. M2: who can not be spoken with is not taken for alive.
void life::look() {
  auto now = all_.now();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_.runs(i))
      continue;
    auto view = all_.at(i).memory->shown.now();
    for (std::size_t j = 0; j < all_.size(); ++j) {
      if (i == j)
        continue;
      auto quiet = now
                   - std::max(undisturbed_[i][j],
                              std::max(undisturbed_[i][i], undisturbed_[j][j]));
      auto it = view->others.find(all_.at(j).name);
      auto alive
        = it != view->others.end() && it->second.state == member_state::alive;
      auto well = all_.runs(j) && all_.connected(i, j);
      if (well && !alive && quiet > whole_in)
        broken("whole_again", all_.at(i).name + " does not take "
                                + all_.at(j).name + " for alive after "
                                + in_ms(quiet));
      auto out = !all_.runs(j) || (all_.cut_off(i, j) && all_.cut_off(j, i));
      if (out && alive && quiet > death_known_in)
        broken("death_is_known", all_.at(i).name + " takes " + all_.at(j).name
                                   + " for alive after " + in_ms(quiet));
    }
  }
}

/// Exactly the limit where nothing is held beforehand, else a twentieth more.
std::uint64_t life::bound_of(const quota_client& who) const {
  auto held = who.most >= 80 * all_.size();
  return who.most + (held ? who.most / 20 : 0);
}

/// L2: in no span more than the limit, so often as those who keep have changed.
void life::look_at_limits(time_point from, std::uint64_t times) {
  for (auto& who : clients_) {
    auto span = who.what.all().front().of.span - on_the_way;
    auto most = worst(who.passed, from, span);
    if (most > times * bound_of(who))
      broken("limit_kept", "of " + say(who.most) + " in any 10 s passed "
                             + say(most) + ", at most "
                             + say(times * bound_of(who)));
  }
}

/// L4: where nothing has happened but the death of one node, what it had let in
/// is forgotten, and nothing else: of what came in through the others no span
/// has more than the limit, but for what passes until they have told it.
void life::look_at_a_death() {
  if (changes_ != 2 || crashed_.size() != 1)
    return;
  for (auto& who : clients_) {
    auto span = who.what.all().front().of.span - on_the_way;
    auto most = worst(who.known, {}, span);
    auto may = bound_of(who) + 2 * all_.size();
    if (most > may)
      broken("only_its_own_is_forgotten", "of " + say(who.most)
                                            + " in any 10 s passed " + say(most)
                                            + ", at most " + say(may));
  }
}

/// O1: what stands is the same at all. O2: whoever lived when something was to
/// be forgotten has done so, or has forgotten all since, if the node that was
/// told still lives.
void life::look_at_orders() {
  auto standing = [&](std::size_t i) {
    std::map<std::string, std::string> out;
    for (auto& x : all_.at(i).memory->orders.standing())
      out[std::to_string(x.kind) + x.subject] = x.word + " by " + x.giver;
    return out;
  };
  for (std::size_t i = 1; i < all_.size(); ++i)
    if (standing(i) != standing(0))
      broken("orders_agree",
             all_.at(i).name + " and " + all_.at(0).name + " do not agree");
  for (auto& x : forgets_) {
    if (all_.at(x.by).since > x.at)
      continue;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto& it = all_.at(i);
      if (i == x.by || it.since > x.at)
        continue;
      auto obeyed
        = std::any_of(it.obeyed.begin(), it.obeyed.end(), [&](auto& y) {
            return y.kind == static_cast<std::uint8_t>(order_kind::forget)
                   && y.giver == all_.at(x.by).name && y.stamp == x.number;
          });
      auto forgot = std::any_of(it.forgot_all.begin(), it.forgot_all.end(),
                                [&](auto when) { return when >= x.at; });
      if (!obeyed && !forgot)
        broken("forgets_are_heard", it.name + " has not forgotten what "
                                      + all_.at(x.by).name + " was told");
    }
  }
}

/// A1: each question has been answered once, or was lost with who died.
void life::look_at_questions() {
  for (auto& x : asked_)
    if (x->answers == 0 && !x->lost)
      broken("each_is_answered",
             "a question at " + all_.at(x->node).name + " was not answered");
}

} // namespace caisson::simulation
