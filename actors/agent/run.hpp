#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "actors/agent/messages.hpp"

namespace caisson {

/// One order of an agent, from its message to its answer.
///
///   remembering ──► asking ──► calling ──┐      the tools of one step
///                   ▲  │                 │      at a time, a few
///                   └──┼─────────────────┘
///                      │ the model wants nothing more
///                      ▼
///                   keeping ──► over
///
/// It ends as well when anything but a tool fails, or when its tokens are used
/// up. Whoever drops it gives up what is under way.
class agent_run {
public:
  /// Makes the ear of an errand, which says `errand_done` of that number.
  using ears = std::function<std::shared_ptr<responder>(std::uint64_t)>;

  agent_run(agent_order what, ears listen);
  ~agent_run();
  agent_run(const agent_run&) = delete;
  agent_run& operator=(const agent_run&) = delete;

  void begin();
  void heard(const errand_done& x);

  bool over() const noexcept { return phase_ == phase::over; }
  bool failed() const noexcept { return failed_; }
  const agent_account& account() const noexcept { return account_; }

private:
  enum class phase : std::uint8_t {
    remembering,
    asking,
    calling,
    keeping,
    over,
  };

  /// One tool of a step.
  struct call {
    tool_wish what;
    tool_words said;
    std::uint64_t errand = 0;
  };

  template <class Start>
  std::uint64_t set_out(Start start);
  void remember(const errand_done& x);
  void ask();
  void hear_model(const errand_done& x);
  void call_tools(std::vector<tool_wish> wishes);
  void call_next();
  void hear_tool(const errand_done& x);
  void keep(std::string text);
  void kept(const errand_done& x);
  void fail(const fault& why);

  agent_order order_;
  ears listen_;
  phase phase_ = phase::remembering;
  bool failed_ = false;
  agent_account account_;
  std::map<std::uint64_t, std::uint64_t> open_; ///< errand to the world's name
  std::uint64_t errands_ = 0;
  std::uint64_t asked_ = 0; ///< tokens of the present question, about
  std::vector<call> calls_;
  std::size_t next_call_ = 0;
  std::string answer_;
};

} // namespace caisson
