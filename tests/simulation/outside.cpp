#include "tests/simulation/outside.hpp"

#include <stdexcept>

namespace caisson::simulation {

// -- clients ------------------------------------------------------------------

class outside::client final : public responder {
public:
  client(outside& home, seen_request& of) : home_(home), of_(of) {
    // nop
  }

  ~client() override {
    if (of_.finals == 0)
      end_with(seen_request::end::guarded);
  }

  bool waits() const noexcept override { return !of_.left; }

  void answer(bytes body, const provenance& from) override {
    of_.out_of_turn |= of_.begun || of_.finals > 0;
    of_.body = body.data;
    of_.from = from.dependency;
    of_.attempts_told = from.attempts;
    end_with(seen_request::end::answered);
  }

  void begin(const provenance& from) override {
    of_.out_of_turn |= of_.begun || of_.finals > 0;
    of_.begun = true;
    of_.from = from.dependency;
    of_.attempts_told = from.attempts;
    note("begins");
  }

  void more(bytes chunk) override {
    of_.out_of_turn |= !of_.begun || of_.finals > 0;
    of_.body += chunk.data;
  }

  void end() override {
    of_.out_of_turn |= !of_.begun;
    end_with(seen_request::end::ended);
  }

  void fail(const fault& what, const provenance& from) override {
    if (of_.finals == 0) {
      of_.why = what;
      of_.attempts_told = from.attempts;
    }
    end_with(seen_request::end::failed);
  }

private:
  void end_with(seen_request::end how) {
    constexpr const char* words[]
      = {"", "is answered", "has its stream's end", "fails", "is guarded"};
    note(words[static_cast<int>(how)]);
    if (++of_.finals > 1)
      return;
    of_.how = how;
    of_.answered = home_.seen_.now;
    std::erase(home_.seen_.open, &of_);
  }

  void note(const char* word) {
    home_.log_.note(home_.seen_.now, of_.id * 16 + of_.finals, [&] {
      auto why = of_.how == seen_request::end::none && *word == 'f'
                   ? " with " + std::string{name_of(of_.why.code)} + ", "
                       + std::string{name_of(of_.why.kind)}
                   : std::string{};
      return "  request " + std::to_string(of_.id) + " " + word + why;
    });
  }

  outside& home_;
  seen_request& of_;
};

// -- dependencies -------------------------------------------------------------

/// An attempt that runs, as its dependency sees it.
struct outside::conversation {
  seen_attempt& seen;
  call_ptr keep;
  std::unique_ptr<exchange_listener> listener; ///< none: over or cancelled
  bool answering = false;
  bool held_back = false;
};

class outside::talk final : public exchange {
public:
  talk(outside& home, std::shared_ptr<conversation> with)
    : home_(home), with_(std::move(with)) {
    // nop
  }

  ~talk() override {
    with_->listener = nullptr;
    auto& seen = with_->seen;
    seen.running = false;
    seen.ended = home_.seen_.now;
    --seen.at->running;
    std::erase(home_.seen_.running, &seen);
    home_.log_.note(home_.seen_.now, seen.id, [&] {
      return "  attempt " + std::to_string(seen.id) + " is over";
    });
  }

  bool answering() const noexcept override { return with_->answering; }
  bool held_back() const noexcept override { return with_->held_back; }

private:
  outside& home_;
  std::shared_ptr<conversation> with_;
};

struct whose final : payload {
  whose(seen_request& of, const question& what)
    : of(of), words(what.words), poison(what.poison) {
    // nop
  }
  std::uint64_t fingerprint() const noexcept override { return words; }

  seen_request& of;
  const std::uint64_t words;
  const bool poison;
};

class outside::port final : public dependency_port {
public:
  port(outside& home, seen_place& at, dependency_settings settings)
    : home_(home), at_(at), settings_(std::move(settings)) {
    // nop
  }

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override {
    auto& seen = note(which);
    auto what = home_.draw(at_.name, which.what->stream, settings_);
    auto poison = static_cast<const whose&>(*which.what->body).poison;
    if (what.throws || poison) {
      seen.running = false;
      seen.ended = home_.seen_.now;
      home_.log_.note(home_.seen_.now, seen.id, [&] {
        return "  the port throws" + std::string{poison ? ", poisoned" : ""};
      });
      throw std::runtime_error("a bug in the port");
    }
    ++at_.running;
    home_.seen_.running.push_back(&seen);
    auto with = std::make_shared<conversation>(
      conversation{seen, which.what, std::move(listener)});
    auto result = std::make_unique<talk>(home_, with);
    home_.perform(what, with);
    return result;
  }

private:
  seen_attempt& note(const attempt& which) {
    auto& all = home_.seen_;
    auto& x = all.attempts.emplace_back();
    x.id = static_cast<std::uint32_t>(all.attempts.size());
    x.of = &static_cast<const whose&>(*which.what->body).of;
    x.at = &at_;
    x.model = which.model;
    x.so_far = which.so_far;
    x.began = all.now;
    x.permit = all.permit;
    x.slot = at_.where->slot_of(which.model);
    x.worker = all.present;
    x.of->attempts.push_back(&x);
    at_.attempts.push_back(&x);
    home_.log_.note(all.now, x.id, [&] {
      return "  attempt " + std::to_string(x.id) + " of request "
             + std::to_string(x.of->id) + " at " + at_.name
             + (x.permit && x.permit->probe ? ", a probe" : "");
    });
    if (which.connect_by > which.what->deadline)
      all.breaks("no_attempt_past_deadline",
                 "connect_by is after the deadline");
    return x;
  }

  outside& home_;
  seen_place& at_;
  dependency_settings settings_;
};

outside::outside(sight& seen, trace& log, const scenario& what, dice chance)
  : seen_(seen), log_(log), plan_(what), chance_(chance) {
  // nop
}

outside::~outside() = default;

void outside::say(millis wait, const std::shared_ptr<conversation>& with,
                  std::function<void(conversation&)> word) {
  later(seen_.now + wait, [with, word = std::move(word)] {
    if (with->listener)
      word(*with);
  });
}

void outside::perform(const deed& what,
                      const std::shared_ptr<conversation>& with) {
  millis wait{0};
  if (what.head)
    say(wait += *what.head, with, [](conversation& x) { x.answering = true; });
  if (what.pieces > 0)
    say(wait, with, [](conversation& x) { x.listener->started(); });
  for (std::uint32_t i = 1; i <= what.pieces; ++i) {
    say(wait += what.pace, with, [i](conversation& x) {
      auto text = "r" + std::to_string(x.seen.of->id) + ".a"
                  + std::to_string(x.seen.id) + "." + std::to_string(i) + ";";
      x.seen.said += text;
      x.listener->more(own(std::move(text)), 1 + i % 3);
    });
    if (what.held_after != i)
      continue;
    say(wait, with, [](conversation& x) { x.held_back = true; });
    say(wait += what.held_for, with,
        [](conversation& x) { x.held_back = false; });
  }
  wait += what.last;
  if (what.how == deed::end::answer)
    say(wait, with, [stream = what.pieces > 0](conversation& x) {
      if (!stream)
        x.seen.said = "r" + std::to_string(x.seen.of->id) + ".a"
                      + std::to_string(x.seen.id);
      x.seen.complete = true;
      x.listener->finished(stream ? bytes{} : own(x.seen.said), {});
    });
  else if (what.how == deed::end::fail)
    say(wait, with, [why = what.why](conversation& x) {
      x.seen.failed = why;
      x.listener->failed(why);
    });
}

deed outside::draw(const std::string& name, bool stream,
                   const dependency_settings& of) {
  if (!calm_)
    return draw_deed(sky(name), stream, of, chance_);
  deed well;
  well.pieces = stream ? 1 : 0;
  return well;
}

weather outside::sky(const std::string& name) const {
  auto result = weather::fair;
  for (auto& [who, spells] : plan_.skies)
    if (who == name)
      for (auto& x : spells)
        if (time_point{} + x.from <= seen_.now)
          result = x.what;
  return result;
}

seen_place& outside::place_of(const dependency_settings& of) {
  for (auto& x : seen_.places)
    if (x.address == of.url)
      return x;
  throw std::logic_error("a port for a dependency that nobody knows");
}

std::shared_ptr<dependency_port>
outside::make_port(const dependency_settings& of, std::size_t thread) {
  if (!calm_ && chance_.in_thousand(plan_.broken_ports)) {
    log_.note(seen_.now, 77, [&] { return "  no port of " + of.name; });
    throw std::runtime_error("a port that cannot be made");
  }
  auto& at = place_of(of);
  at.ports.resize(seen_.threads);
  at.ports[thread] = of;
  return std::make_shared<port>(*this, at, of);
}

std::shared_ptr<const payload> outside::make_payload(seen_request& of,
                                                     const question& what) {
  return std::make_shared<whose>(of, what);
}

std::shared_ptr<responder> outside::make_client(seen_request& of) {
  return std::make_shared<client>(*this, of);
}

// -- what is going to happen --------------------------------------------------

void outside::later(time_point when, std::function<void()> what) {
  agenda_.emplace(when, std::move(what));
}

bool outside::due() const noexcept {
  return !agenda_.empty() && agenda_.begin()->first <= seen_.now;
}

void outside::happen() {
  auto what = std::move(agenda_.begin()->second);
  agenda_.erase(agenda_.begin());
  what();
}

std::optional<time_point> outside::next() const noexcept {
  if (agenda_.empty())
    return std::nullopt;
  return agenda_.begin()->first;
}

} // namespace caisson::simulation
