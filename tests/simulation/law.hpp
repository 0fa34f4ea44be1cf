#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/sight.hpp"

namespace caisson::simulation {

/// What must hold in every run, with every seed, at every step. A law that is
/// broken says so with `sight::breaks`, and the run ends. The letters in the
/// sources are those of reference/reliability.md section 4.
class law {
public:
  explicit law(std::string_view name) : name_(name) {
    // nop
  }
  virtual ~law() = default;

  std::string_view name() const noexcept { return name_; }

  /// An actor is about to take a message.
  virtual void before(sight&, const taking&) {}

  /// It has taken it.
  virtual void after(sight&, const taking&) {}

  /// Something has happened: a message was taken, a word came from outside,
  /// time has passed.
  virtual void step(sight&) {}

  /// An attempt has begun; called before the step is over.
  virtual void attempt(sight&, const seen_attempt&) {}

  /// No message is on its way: what follows from what has happened has too.
  virtual void rest(sight&) {}

  /// All has been well outside for long enough, and everybody was asked.
  virtual void calm(sight&) {}

  /// The tree has ended.
  virtual void end(sight&) {}

protected:
  void broken(sight& seen, std::string how) const {
    seen.breaks(name_, std::move(how));
  }

private:
  std::string_view name_;
};

using code = std::vector<std::unique_ptr<law>>;

void add_answer_laws(code& to);
void add_breaker_laws(code& to);
void add_bulkhead_laws(code& to);
void add_retry_laws(code& to);
void add_supervision_laws(code& to);

/// All laws.
code all_laws();

/// For sentences of laws.
inline std::string say(std::uint64_t x) {
  return std::to_string(x);
}

inline std::string in_ms(duration x) {
  return std::to_string(std::chrono::ceil<millis>(x).count()) + " ms";
}

} // namespace caisson::simulation
