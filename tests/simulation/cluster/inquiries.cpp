// Questions to the caches of a cluster, and what must hold of their answers.
#include "tests/simulation/cluster/inquiries.hpp"

#include <utility>

#include <caf/send.hpp>

#include "tests/simulation/law.hpp"

namespace caisson::simulation {

namespace {

using std::chrono::seconds;

constexpr duration patience = seconds{30};
/// Whoever waits is told by the next look at who does.
constexpr duration told_in = millis{50};

std::string last_words(std::uint64_t number) {
  return std::to_string(number) + ":end;";
}

} // namespace

inquiries::inquiries(fleet& all, dice chance, verdict broken)
  : all_(all), chance_(chance), broken_(std::move(broken)) {
  auto behave
    = [this](cache_asker_actor::pointer) -> cache_asker_actor::behavior_type {
    return {[this](const cache_verdict& x) { hear(x); }};
  };
  asker_ = all_.system().spawn(behave);
}

inquiries::~inquiries() {
  caf::anon_send_exit(asker_, caf::exit_reason::kill);
}

// -- people -------------------------------------------------------------------

void inquiries::ask(std::size_t node, const std::string& key, bool streams,
                    const time_point* halted) {
  auto id = ++last_;
  auto& it = asked_[id];
  it.node = node;
  it.key = key;
  it.asked = all_.now();
  it.process = all_.at(node).since;
  it.halted = halted;
  auto what = std::make_shared<cache_question>();
  what->key = key;
  what->streams = streams;
  auto lookup = std::make_shared<cache_lookup>(asker_, id, what, it.asked,
                                               it.asked + patience);
  it.lookup = lookup;
  caf::anon_send(all_.at(node).cache, std::move(lookup));
  if (!calm_ && chance_.in_thousand(150))
    all_.later(chance_.span(0, 1'500), [this, id] { leave(id); });
}

/// With its process goes all that it held; nobody is told.
bool inquiries::died(const inquiry& it) {
  return !all_.at(it.node).up || all_.at(it.node).since > it.process;
}

/// As a front end: what others wait for is fetched to its end.
void inquiries::leave(std::uint64_t id) {
  auto& it = asked_.at(id);
  it.left = true;
  if (auto lookup = it.lookup.lock())
    lookup->withdraw();
  if (it.lead && !it.lead->wanted())
    it.lead = nullptr;
}

void inquiries::lead(std::uint64_t id, std::shared_ptr<cache_lead> by) {
  auto& it = asked_.at(id);
  if (it.left)
    return; // the lead goes to the next
  it.lead = std::move(by);
  it.leads = ++last_fetching_;
  fetchings_[it.leads].key = it.key;
  it.lead->begin({.dependency = "a", .model = "m"});
  auto pieces = chance_.between(1, 5);
  all_.later(calm_ ? millis{100} : chance_.span(5, 100),
             [this, id, pieces] { tell(id, pieces); });
}

void inquiries::tell(std::uint64_t id, std::uint32_t left) {
  auto& it = asked_.at(id);
  if (!it.lead)
    return;
  if (died(it)) {
    it.lead = nullptr;
    return;
  }
  if (all_.at(it.node).stopped) {
    all_.later(millis{100}, [this, id, left] { tell(id, left); });
    return;
  }
  if (left == 0) {
    bring(it);
    return;
  }
  auto& what = fetchings_.at(it.leads);
  auto words = std::to_string(it.leads) + ':' + std::to_string(left) + ';';
  what.said += words;
  it.lead->more(words);
  all_.later(chance_.span(5, calm_ ? 50 : 400),
             [this, id, left] { tell(id, left - 1); });
}

void inquiries::bring(inquiry& it) {
  auto lead = std::exchange(it.lead, nullptr);
  auto& what = fetchings_.at(it.leads);
  auto chance = calm_ ? 999 : chance_.below(1'000);
  if (chance < 100)
    return; // it is lost
  if (chance < 200) {
    lead->failed(make_fault(errc::llm_error, "it failed"));
    return;
  }
  what.whole = true;
  what.said += last_words(it.leads);
  lead->more(last_words(it.leads));
  if (chance < 300) {
    lead->unsayable();
    return;
  }
  what.brought = true;
  auto value = std::make_shared<cached_value>();
  value->data = what.said;
  lead->fetched(std::move(value), chance_.in_thousand(300), millis{1'000});
}

// -- what is heard ------------------------------------------------------------

void inquiries::hear(const cache_verdict& x) {
  auto& it = asked_.at(x.id);
  if (x.how == kind::unwanted) {
    if (it.left)
      it.lead = nullptr;
    return;
  }
  if (it.left && !x.lead)
    return; // nobody hears it, and it need not be whole
  if (it.ends > 0) {
    broken_("one_ending", "a question at " + all_.at(it.node).name
                            + " was told more after its end");
    return;
  }
  if (x.how == kind::events)
    hear_words(it, x.piece->events);
  else
    hear_end(it, x);
  if (x.lead)
    lead(x.id, x.lead);
}

const inquiries::fetching_of*
inquiries::fetching_in(std::string_view words) const {
  std::uint64_t number = 0;
  for (auto c : words.substr(0, words.find(':')))
    number = 10 * number + static_cast<std::uint64_t>(c - '0');
  auto at = fetchings_.find(number);
  return at == fetchings_.end() ? nullptr : &at->second;
}

/// F1: a stream is one fetching's, of that key, from its beginning.
void inquiries::hear_words(inquiry& it, const std::string& words) {
  it.heard += words;
  auto* whose = fetching_in(it.heard);
  if (!whose || whose->key != it.key || !whose->said.starts_with(it.heard))
    broken_("one_stream",
            "somebody at " + all_.at(it.node).name + " heard " + it.heard);
}

/// F2: an answer is one fetching's, of that key and complete.
void inquiries::hear_end(inquiry& it, const cache_verdict& x) {
  ++it.ends;
  it.how = x.how;
  it.led = x.lead != nullptr;
  auto at = " at " + all_.at(it.node).name;
  auto* whose = fetching_in(it.heard);
  if (!it.heard.empty()
      && (x.how == kind::lead || x.how == kind::hit || x.how == kind::alone))
    broken_("one_stream", "who had heard a part was told otherwise" + at);
  if (x.how == kind::over
      && (!whose || !whose->whole || whose->said != it.heard))
    broken_("one_stream", it.heard + " was called complete" + at);
  // F3: no fetching takes so long, whoever dies: somebody was forgotten.
  auto quiet = !died(it) && it.halted && *it.halted < it.asked;
  if (x.how == kind::failed && x.why.code == errc::deadline_exceeded && quiet)
    broken_("nobody_is_forgotten", "somebody waited in vain" + at);
  if (x.how != kind::hit)
    return;
  auto* from = fetching_in(x.value->data);
  if (!from || from->key != it.key || !from->brought
      || from->said != x.value->data)
    broken_("right_answer", "the answer to another question" + at);
}

// -- laws ---------------------------------------------------------------------

/// F4: of a cluster that is whole one fetches, and all others have it.
void inquiries::look_at_one_for_all(std::uint64_t first) {
  std::uint64_t leads = 0, others = 0;
  for (auto at = asked_.upper_bound(first); at != asked_.end(); ++at) {
    auto had = at->second.how == kind::hit || at->second.how == kind::over;
    leads += at->second.led ? 1 : 0;
    others += at->second.ends > 0 && had ? 1 : 0;
  }
  if (leads != 1 || leads + others != last_ - first)
    broken_("once_for_all", say(leads) + " fetched and " + say(others)
                              + " were given it, of " + say(last_ - first));
}

/// F5: whoever waits hears how it ends.
void inquiries::look_at_all() {
  for (auto& [id, it] : asked_)
    if (!it.left && it.ends == 0 && all_.now() - it.asked > patience + told_in)
      broken_("each_hears",
              "a question at " + all_.at(it.node).name + " was not answered");
}

} // namespace caisson::simulation
