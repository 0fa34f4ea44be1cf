#include "tests/simulation/cluster/life.hpp"

#include <algorithm>
#include <iterator>

#include <caf/send.hpp>

#include "tests/simulation/law.hpp"

namespace caisson::simulation {

namespace {

using std::chrono::seconds;

constexpr duration span_of_limits = seconds{10};
constexpr std::uint64_t limits[] = {7, 60, 300, 1'200};
constexpr std::size_t tokens = std::size(limits); ///< the client that has some

charges a_span(std::uint64_t most, std::uint64_t cost = 1) {
  auto what = cost == 1 ? limit_type::minute : limit_type::tokens;
  charges out;
  out.add({what, slot_of(what), {most, span_of_limits}, cost});
  return out;
}

} // namespace

class life::listener final : public limit_reply {
public:
  listener(life& all, std::shared_ptr<quota_asked> what)
    : all_(all), what_(std::move(what)) {}
  ~listener() override { what_->lost = what_->answers == 0; }
  void decided(const standing& how) override {
    ++what_->answers;
    what_->passed = !how.exceeded;
    what_->source = how.source;
    what_->spent_at = how.spent_at;
    what_->answered = all_.all_.now();
    all_.heard(*what_);
  }

private:
  life& all_;
  std::shared_ptr<quota_asked> what_;
};

life::life(std::uint64_t seed, bool keep_trace)
  : seed_(seed), chance_(seed), log_(keep_trace),
    all_(3 + chance_.below(most_nodes - 2), log_, chance_.split()),
    fetches_(all_, chance_.split(),
             [this](std::string_view law, std::string how) {
               broken(law, std::move(how));
             }) {
  for (auto most : limits)
    clients_.push_back({{chance_.roll(), chance_.roll()}, a_span(most), most});
  clients_.push_back(
    {{chance_.roll(), chance_.roll()}, a_span(1'000, 600), 1'000});
  for (std::size_t i = 0; i < all_.size(); ++i) {
    all_.start(i);
    disturb(i);
  }
  pass(seconds{6});
  storm();
  calm();
}

// -- a run --------------------------------------------------------------------

void life::storm() {
  faults_ = chance_.below(5);
  auto length = chance_.span(5'000, 25'000);
  for (std::size_t i = 0; i < faults_; ++i)
    all_.later(chance_.span(0, static_cast<std::uint32_t>(length.count())),
               [this] { fault(); });
  for (auto n = chance_.between(1, 5); n > 0; --n)
    all_.later(chance_.span(0, static_cast<std::uint32_t>(length.count())),
               [this] { give_order(); });
  for (auto n = chance_.between(5, 60); n > 0; --n)
    all_.later(chance_.span(0, static_cast<std::uint32_t>(length.count())),
               [this] { look_up(); });
  for (auto n = chance_.between(0, 3); n > 0; --n)
    all_.later(chance_.span(0, static_cast<std::uint32_t>(length.count())),
               [this] { give_forget(); });
  auto rate = chance_.one_of({5u, 40u, 200u}); // questions a second
  auto until = all_.now() + length;
  while (all_.now() < until && !broken_) {
    if (auto node = somebody_who_runs())
      ask(chance_.below(tokens), *node);
    pass(millis{chance_.below(2 * 1'000 / rate + 1)});
  }
}

/// Whatever is wrong is mended: the cluster must be whole within 5 s, know the
/// same, and keep its limits as if nothing had been.
void life::calm() {
  storming_ = false;
  all_.heal();
  all_.slow(millis{2});
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_.at(i).up)
      all_.start(i);
    if (all_.at(i).stopped) {
      all_.stop(i, false);
      halted_[i] = all_.now();
    }
    disturb(i);
  }
  pass(seconds{8});
  if (!broken_)
    look_at_orders();
  pass(span_of_limits);
  auto from = all_.now();
  auto alone = all_.decisions("share");
  burst();
  reserve();
  once_for_all();
  pass(span_of_limits / 2);
  for (auto i = 0; i < 300 && !broken_; ++i) {
    ask(chance_.below(tokens), anybody());
    pass(chance_.span(0, 40));
  }
  pass(seconds{1});
  if (broken_)
    return;
  // L3: of a cluster that is whole no node decides for its share.
  if (all_.decisions("share") > alone)
    broken("somebody_keeps",
           say(static_cast<std::uint64_t>(all_.decisions("share") - alone))
             + " decisions for a share, with all there");
  look_at_limits(from, 1);
  look_at_limits({}, faults_ <= 1 ? std::min<std::uint64_t>(1 + changes_, 2)
                                  : all_.size());
  look_at_a_death();
  look_at_questions();
  fetches_.look_at_all();
}

/// What was reserved and not used is there again, at any node.
void life::reserve() {
  for (auto i = 0; i < 3 && !broken_; ++i) {
    auto node = anybody();
    ask(tokens, node);
    pass(millis{200});
    auto& it = *asked_.back();
    if (!it.passed) {
      broken("unused_comes_back", "of 1000 tokens, of which none was used, 600 "
                                  "are not to be had at "
                                    + all_.at(node).name);
      return;
    }
    limit_settlement back{
      clients_[tokens].who, true, clients_[tokens].what, {}, it.source,
      it.spent_at};
    caf::anon_send(all_.at(node).limiter, back);
    pass(millis{200});
  }
}

/// A quiet client may have half of what it may have at once, at any nodes.
void life::burst() {
  for (std::size_t c = 0; c < tokens && !broken_; ++c) {
    auto first = asked_.size();
    for (std::uint64_t i = 0; i < clients_[c].most / 2; ++i)
      ask(c, anybody());
    pass(millis{200});
    for (auto i = first; i < asked_.size(); ++i)
      if (!asked_[i]->passed)
        broken("quiet_may_spend",
               "of " + say(clients_[c].most) + " not half passed at once");
  }
}

// -- faults -------------------------------------------------------------------

void life::fault() {
  auto long_for = chance_.span(50, 9'000);
  auto i = anybody();
  auto j = (i + 1 + chance_.below(all_.size() - 1)) % all_.size();
  switch (chance_.below(8)) {
    case 0:
      crash(i, long_for);
      break;
    case 1:
      stop(i, long_for);
      break;
    case 2:
      split(long_for);
      break;
    case 3:
      deafen(i, j, long_for);
      break;
    case 4:
      ++changes_;
      all_.slow(chance_.span(20, 90));
      all_.later(long_for, [this] { all_.slow(millis{2}); });
      break;
    case 5:
      all_.jump(i, static_cast<std::int64_t>(chance_.below(7'200'000))
                     - 3'600'000);
      break;
    default:
      if (!all_.runs(i))
        break;
      ++changes_;
      disturb(i);
      all_.kill_actor(
        i, chance_.one_of(
             {fleet::part::cluster, fleet::part::limiter, fleet::part::cache}));
  }
}

void life::crash(std::size_t i, duration for_long) {
  if (!all_.at(i).up)
    return;
  changes_ += 2;
  if (crashed_.insert(i).second && crashed_.size() == 1)
    know_without(i);
  disturb(i);
  all_.crash(i);
  all_.later(for_long, [this, i] {
    if (!storming_ || all_.at(i).up)
      return;
    disturb(i);
    all_.start(i);
  });
}

/// Whatever came in through it so far is not known from now on.
void life::know_without(std::size_t node) {
  for (auto& who : clients_)
    who.known.clear();
  for (auto& x : asked_)
    if (x->passed && x->node != node)
      clients_[x->client].known.push_back(*x->answered);
  for (auto& who : clients_)
    std::sort(who.known.begin(), who.known.end());
}

void life::stop(std::size_t i, duration for_long) {
  if (!all_.runs(i))
    return;
  changes_ += 2;
  disturb(i);
  halted_[i] = all_.now();
  all_.stop(i, true);
  all_.later(for_long, [this, i] {
    if (!storming_ || !all_.at(i).stopped)
      return;
    disturb(i);
    halted_[i] = all_.now();
    all_.stop(i, false);
  });
}

/// Each node falls on one of two sides.
void life::split(duration for_long) {
  changes_ += 2;
  auto sides = chance_.roll();
  auto each = [this, sides](bool really) {
    for (std::size_t i = 0; i < all_.size(); ++i)
      for (std::size_t j = 0; j < all_.size(); ++j)
        if ((sides >> i & 1) != (sides >> j & 1)) {
          disturb(i, j);
          all_.cut(i, j, really);
        }
    if (!really)
      all_.mend();
  };
  each(true);
  all_.later(for_long, [this, each] {
    if (storming_)
      each(false);
  });
}

void life::deafen(std::size_t from, std::size_t to, duration for_long) {
  changes_ += 2;
  disturb(from, to);
  all_.cut(from, to, true);
  all_.later(for_long, [this, from, to] {
    if (!storming_)
      return;
    disturb(from, to);
    all_.cut(from, to, false);
    all_.mend();
  });
}

void life::disturb(std::size_t i) {
  for (std::size_t j = 0; j < most_nodes; ++j)
    disturb(i, j);
}

void life::disturb(std::size_t i, std::size_t j) {
  undisturbed_[i][j] = undisturbed_[j][i] = all_.now();
}

// -- people -------------------------------------------------------------------

std::optional<std::size_t> life::somebody_who_runs() {
  auto first = anybody();
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (auto it = (first + i) % all_.size(); all_.runs(it))
      return it;
  return std::nullopt;
}

void life::ask(std::size_t client, std::size_t node) {
  auto what = std::make_shared<quota_asked>();
  what->node = node;
  what->client = client;
  what->at = all_.now();
  asked_.push_back(what);
  auto& who = clients_[client];
  caf::anon_send(all_.at(node).limiter,
                 limit_question{who.who, true, who.what,
                                std::make_shared<listener>(*this, what)});
}

void life::give_order() {
  auto node = somebody_who_runs();
  if (!node)
    return;
  auto word = chance_.one_of({"enforce", "log_only", "disabled"});
  all_.at(*node).memory->orders.give({order_kind::limits, "", word});
  note(500 + *node, all_.at(*node).name + " is told that limits are " + word);
}

void life::give_forget() {
  auto node = somebody_who_runs();
  if (!node)
    return;
  auto& orders = all_.at(*node).memory->orders;
  orders.give({order_kind::forget, "llm:"});
  forgets_.push_back({*node, all_.now(), orders.given()});
  note(510 + *node, all_.at(*node).name + " is told to forget");
}

/// A few keys, at any node: many meet.
void life::look_up() {
  if (auto node = somebody_who_runs())
    fetches_.ask(*node, "llm:me:" + std::to_string(chance_.below(3)) + ":1",
                 chance_.in_thousand(600), &halted_[*node]);
}

/// Of a cluster that is whole one node fetches what all want.
void life::once_for_all() {
  fetches_.be_calm();
  for (auto round = 0; round < 3 && !broken_; ++round) {
    auto key = "llm:all:" + std::to_string(round) + ":1";
    auto first = fetches_.count();
    // Any of them, at about the same time: who keeps the key may not ask.
    for (std::size_t n = 0; n < 2 * all_.size(); ++n)
      all_.later(chance_.span(0, 20), [this, key] {
        fetches_.ask(anybody(), key, chance_.in_thousand(500));
      });
    pass(seconds{1});
    fetches_.look_at_one_for_all(first);
  }
}

void life::note(std::uint64_t key, std::string line) {
  log_.note(all_.now(), key, [&] { return line; });
}

void life::pass(duration by) {
  auto until = all_.now() + by;
  auto next_look = all_.now();
  while (!broken_ && all_.step(until))
    if (all_.now() >= next_look) {
      look();
      next_look = all_.now() + millis{100};
    }
}

report life::result() {
  std::size_t passed = 0;
  for (auto& x : asked_)
    passed += x->passed ? 1 : 0;
  return {seed_,
          broken_,
          log_.digest(),
          all_.steps(),
          asked_.size() + fetches_.count(),
          passed,
          faults_,
          log_.lines()};
}

report simulate(std::uint64_t seed, bool keep_trace, bool) {
  return life{seed, keep_trace}.result();
}

} // namespace caisson::simulation
