#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/actors/cluster/circle.hpp"

namespace caisson::testing {

/// What whoever looks something up has heard.
struct heard_lookup {
  using kind = cache_verdict::kind;

  std::vector<kind> words;
  bool led = false;
  std::shared_ptr<cache_lead> lead; ///< the duty to fetch, to be done by tests
  cached_ptr value;
  std::string stream;
  std::string source;
  token_usage took;
  fault why;
  duration after{};                   ///< from the question to its last word
  std::weak_ptr<cache_lookup> lookup; ///< none: it was answered

  bool leads() const { return lead != nullptr; }
  bool waits() const { return words.empty() || last() == kind::events; }
  kind last() const { return words.back(); }
  /// How often it was told how it ends.
  std::size_t ends() const {
    return static_cast<std::size_t>(
      std::count_if(words.begin(), words.end(), [](kind x) {
        return x != kind::events && x != kind::unwanted;
      }));
  }
  bool unwanted() const {
    return std::find(words.begin(), words.end(), kind::unwanted) != words.end();
  }
};

using heard_lookup_ptr = std::shared_ptr<heard_lookup>;

/// Nodes that fetch values once for all of them.
class far_circle : public circle {
public:
  explicit far_circle(std::vector<std::string> names = {"a", "b", "c"})
    : circle(std::move(names)) {
    auto behave
      = [this](cache_asker_actor::pointer) -> cache_asker_actor::behavior_type {
      return {[this](const cache_verdict& x) { hear(x); }};
    };
    asker_ = w.system().spawn(behave);
  }

  ~far_circle() {
    for (auto& [id, it] : asked_)
      it->lead = nullptr;
    w.run();
    w.kill(asker_);
  }

  /// Nobody has worked on it yet.
  heard_lookup_ptr put(const std::string& node, const std::string& key,
                       bool streams = false, millis patience = millis{60'000}) {
    auto what = std::make_shared<cache_question>();
    what->key = key;
    what->streams = streams;
    auto id = ++last_;
    auto to = std::make_shared<heard_lookup>();
    asked_[id] = to;
    since_[id] = w.now();
    auto lookup = std::make_shared<cache_lookup>(asker_, id, what, w.now(),
                                                 w.now() + patience);
    to->lookup = lookup;
    caf::anon_send(at(node).cache, std::move(lookup));
    return to;
  }

  heard_lookup_ptr ask(const std::string& node, const std::string& key,
                       bool streams = false) {
    auto to = put(node, key, streams);
    w.advance(millis{10});
    return to;
  }

  /// A key that this node keeps, as all see it.
  std::string kept_key(const std::string& node) {
    far_side seen{circle_of(at(node))};
    for (int i = 0;; ++i)
      if (auto key = "llm:me:" + std::to_string(i) + ":1";
          seen.keeper_of(key, w.now()) == node)
        return key;
  }

  void leave(const heard_lookup_ptr& who) {
    if (auto it = who->lookup.lock())
      it->withdraw();
    who->lead = nullptr;
    w.advance(millis{50});
  }

  static cached_ptr value_of(std::string data) {
    auto out = std::make_shared<cached_value>();
    out->data = std::move(data);
    out->source = "a";
    out->model = "m";
    out->tokens = 7;
    return out;
  }

  void bring(const heard_lookup_ptr& who, std::string data, bool keep = true) {
    std::exchange(who->lead, nullptr)
      ->fetched(value_of(std::move(data)), keep, millis{60'000});
    w.run();
  }

  void say(const heard_lookup_ptr& who, std::string_view events) {
    who->lead->more(events);
    w.run();
  }

  double coalesced() { return w.count(families::cache_coalesced, {"llm"}); }

private:
  void hear(const cache_verdict& x) {
    auto& to = *asked_.at(x.id);
    to.words.push_back(x.how);
    to.after = w.now() - since_.at(x.id);
    if (x.lead) {
      to.lead = x.lead;
      to.led = true;
    }
    if (x.value)
      to.value = x.value;
    to.took = x.took;
    to.why = x.why;
    if (x.piece) {
      to.stream += x.piece->events;
      to.source = x.piece->source;
    }
  }

  cache_asker_actor asker_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, heard_lookup_ptr> asked_;
  std::map<std::uint64_t, time_point> since_;
};

} // namespace caisson::testing
