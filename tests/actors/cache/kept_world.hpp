#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/cache/near.hpp"
#include "actors/cache/second_layer.hpp"
#include "actors/cache/stored_form.hpp"
#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

namespace caisson::testing {

/// An order whose answers are plain texts: what is said is what is kept. One
/// that begins with "half" is not for later.
class plain_order final : public cache_order {
public:
  explicit plain_order(std::string about, bool look = true, bool store = true,
                       bool stream = false) {
    key = "llm:me:" + std::move(about) + ":1";
    streams = stream;
    looks = look;
    keeps = store;
  }

  std::unique_ptr<answer_gatherer> gatherer() const override {
    struct it final : answer_gatherer {
      void whole(std::string_view body) override { text = body; }
      void more(std::string_view events) override { text += events; }
      void counted(const token_usage& x) override { tokens = x.output; }
      std::optional<gathered> take() override {
        if (text.starts_with("unsayable"))
          return std::nullopt;
        return gathered{text, tokens, !text.starts_with("half")};
      }
      std::string text;
      std::uint64_t tokens = 0;
    };
    return std::make_unique<it>();
  }

  /// Passes on what it hears, and says at the end what it took.
  std::unique_ptr<answer_follower> follower() const override {
    struct it final : answer_follower {
      std::string more(std::string_view events) override {
        return std::string{events};
      }
      std::string end(const token_usage& took) override {
        return "|" + std::to_string(took.output);
      }
    };
    return streams ? std::make_unique<it>() : nullptr;
  }

  std::optional<bytes> tell(const cached_ptr& value) const override {
    return bytes{value->data, value};
  }

  std::shared_ptr<const near_order> near() const override { return words; }

  /// Set where other words would do.
  std::shared_ptr<const near_order> words;
};

inline asking about(std::string what, asking how = {}) {
  how.cached
    = std::make_shared<plain_order>(std::move(what), true, true, how.stream);
  return how;
}

/// A store outside the node, in virtual time, as far as the cache needs one.
class fake_store {
public:
  struct entry {
    std::string text;
    time_point end;
  };

  explicit fake_store(world& home) : home_(home) {}

  /// Its port; every node's own, the store is one.
  std::shared_ptr<dependency_port> port();

  std::map<std::string, entry> has;
  std::vector<std::string> announced;
  std::uint32_t asked = 0;
  bool down = false;       ///< refuses connections
  std::size_t servers = 1; ///< among which the keys are spread
  bool mute = false;       ///< says nothing
  /// Called once, while a mere look for a value is on its way.
  std::function<void()> looked_at;

  kv_value answer(const kv_question& what);
  const std::string* find(const std::string& key);

private:
  class it;
  std::size_t server_of(const std::string& key) const {
    return std::hash<std::string>{}(key) % servers;
  }
  kv_value claim(const std::vector<std::string>& x);
  void set(const std::string& key, std::string text, const std::string& ms);

  world& home_;
};

inline kv_value of(std::int64_t number) {
  return {number};
}
inline kv_value of(std::string text) {
  return {std::move(text)};
}

inline const std::string* fake_store::find(const std::string& key) {
  auto at = has.find(key);
  if (at != has.end() && home_.now() >= at->second.end) {
    has.erase(at);
    at = has.end();
  }
  return at == has.end() ? nullptr : &at->second.text;
}

inline void fake_store::set(const std::string& key, std::string text,
                            const std::string& ms) {
  has[key] = {std::move(text), home_.now() + millis{std::stoll(ms)}};
}

inline kv_value fake_store::claim(const std::vector<std::string>& x) {
  auto say = [](int how, std::string value, millis left, std::string note) {
    return kv_value{std::vector<kv_value>{
      of(how), of(std::move(value)), of(left.count()), of(std::move(note))}};
  };
  auto forced = x[5] == "2";
  if (x[2].empty() && looked_at)
    std::exchange(looked_at, nullptr)();
  std::string value;
  millis left{0};
  if (auto* text = find(x[0])) {
    value = *text;
    if (value.starts_with("1 "))
      left = std::chrono::duration_cast<millis>(has[x[0]].end - home_.now())
             - millis{std::stoll(value.substr(2, 10))};
    if (left.count() > 0 && !forced)
      return say(0, value, left, "");
  }
  if (auto* claim = find(x[1]);
      claim && *claim != x[2] && !forced && !(x[5] == "1" && *claim == x[4])) {
    auto failed = '!' + x[4] + '!';
    if (!claim->starts_with('!'))
      return say(2, value, left, *claim);
    if (!x[4].empty() && claim->starts_with(failed))
      return say(3, value, left, claim->substr(failed.size()));
  }
  if (!x[2].empty())
    set(x[1], x[2], x[3]);
  return say(1, value, left, "");
}

inline kv_value fake_store::answer(const kv_question& what) {
  auto& x = what.words;
  if (what.script == &claim_script)
    return claim(x);
  auto holds = [&](const std::string& key, const std::string& token) {
    auto* claim = find(key);
    return claim && *claim == token;
  };
  if (what.script == &renewal_script) {
    if (!holds(x[0], x[1]))
      return of(0);
    set(x[0], x[1], x[2]);
    return of(1);
  }
  if (what.script == &deposit_script) {
    if (!holds(x[1], x[2]))
      return of(0);
    set(x[0], x[3], x[4]);
    has.erase(x[1]);
    return of(1);
  }
  if (what.script == &release_script) {
    if (!holds(x[0], x[1]))
      return of(0);
    has.erase(x[0]);
    if (!x[2].empty())
      set(x[0], x[2], "1000");
    return of(1);
  }
  if (what.server && *what.server >= servers)
    return {};
  if (x[0] == "SCAN") {
    std::vector<kv_value> keys;
    auto prefix = x[3].substr(0, x[3].size() - 1);
    for (auto& [key, value] : has)
      if (key.starts_with(prefix) && server_of(key) == what.server)
        keys.push_back(of(key));
    return {std::vector<kv_value>{of("0"), {keys}}};
  }
  if (x[0] == "UNLINK")
    for (std::size_t i = 1; i < x.size(); ++i)
      has.erase(x[i]);
  if (x[0] == "PUBLISH")
    announced.push_back(x[2]);
  return of(1);
}

class fake_store::it final : public dependency_port {
public:
  explicit it(fake_store& home) : home_(home) {}

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override {
    struct talk final : exchange {
      explicit talk(std::shared_ptr<std::unique_ptr<exchange_listener>> to)
        : to(std::move(to)) {}
      ~talk() override { to->reset(); }
      std::shared_ptr<std::unique_ptr<exchange_listener>> to;
    };
    auto to = std::make_shared<std::unique_ptr<exchange_listener>>(
      std::move(listener));
    ++home_.asked;
    auto& home = home_;
    auto what = which.what;
    if (!home.mute)
      home.home_.later(millis{0}, [&home, what, to] {
        if (!*to)
          return;
        auto heard = std::move(*to);
        if (home.down) {
          heard->failed(make_fault(errc::redis_unavailable,
                                   failure_kind::connect, "it is down"));
          return;
        }
        auto& question = dynamic_cast<const kv_question&>(*what->body);
        heard->finished(
          answer_of(std::make_shared<const kv_value>(home.answer(question))),
          {});
      });
    return std::make_unique<talk>(to);
  }

private:
  fake_store& home_;
};

inline std::shared_ptr<dependency_port> fake_store::port() {
  return std::make_shared<it>(*this);
}

/// A node with a provider "a" of the model "m", and perhaps a shared store.
class kept_world {
public:
  explicit kept_world(cache_settings cache = {}, bool shared = false,
                      dependency_settings provider = serving("a"),
                      std::vector<dependency_settings> more = {}) {
    it.cache = cache;
    it.other_port = [this](const dependency_settings& of) {
      return of.kind == "redis" ? store.port() : nullptr;
    };
    std::vector<dependency_settings> all{std::move(provider)};
    if (shared)
      all.push_back(shared_store());
    all.insert(all.end(), more.begin(), more.end());
    it.start(all);
  }

  static dependency_settings serving(std::string name) {
    auto result = dependency_named(std::move(name));
    result.retry.attempts = 1;
    return result;
  }

  static dependency_settings shared_store() {
    auto result = dependency_named("store");
    result.kind = "redis";
    result.models.clear();
    result.retry.attempts = 1;
    result.timeout = millis{200};
    return result;
  }

  /// Asks, with everybody at work.
  reply_ptr ask(std::string about_what, asking how = {}) {
    return it.submit("m", about(std::move(about_what), how));
  }

  /// As a node elsewhere that begins to fetch.
  void claim_elsewhere(const std::string& key, millis lease) {
    store.has["{" + key + "}:claim"] = {"elsewhere", it.now() + lease};
  }

  fake_dependency& provider() { return it.outside("a"); }

  double hits(std::string layer) {
    return it.count(families::cache_hits, {std::move(layer), "llm"});
  }
  double refused(std::string layer, std::string why) {
    return it.count(families::cache_refused,
                    {std::move(layer), std::move(why)});
  }

  void forget(std::string prefix, bool spread = false) {
    caf::anon_send(
      it.tree().caches()->shard(0),
      cache_invalidated{std::move(prefix), spread,
                        [this](bool told) { forgotten.push_back(told); }});
    it.run();
  }

  // Both outlive the world that asks them.
  std::vector<bool> forgotten;
  fake_store store{it};
  world it;
};

} // namespace caisson::testing
