#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/ports.hpp"
#include "actors/stores/conversations.hpp"

namespace caisson {

// The doors of the agent: how a model is spoken to, how models, tools and the
// storage are reached, and who waits. It knows only these.

/// A tool that a model wants to be called.
struct tool_wish {
  std::string id; ///< the model's name for this call
  std::string tool;
  std::string arguments; ///< as the model wrote them
};

/// What a model has said: its last word, or what it wants first.
struct model_words {
  std::string text;
  std::vector<tool_wish> wishes;
};

/// What a tool has said.
struct tool_words {
  std::string text;
  bool failed = false;
};

/// The words of a tool as an answer, and back, as with `conversation_answer`.
bytes answer_of(std::shared_ptr<const tool_words> what);
std::shared_ptr<const tool_words> tool_words_in(const bytes& answer);

/// A question to a model.
struct model_question {
  std::shared_ptr<const payload> body;
  std::uint64_t tokens = 0; ///< about so many are in it
};

/// The words of one agent and its model, which grow with each of them.
class agent_talk {
public:
  virtual ~agent_talk() = default;

  /// What was said in the thread before, the latest last.
  virtual void remember(const std::vector<kept_message>& earlier) = 0;

  /// The next question. It and its answer have at most `left` tokens, if that
  /// can be; the answer to the `last` one is to be no other wish.
  virtual model_question ask(std::uint64_t left, bool last) = 0;

  /// Reads an answer; what is none is a fault of the model.
  virtual result<model_words> hear(std::string_view answer) = 0;

  /// What came of its wishes, in their order.
  virtual void hear(const tool_wish& what, const tool_words& said) = 0;
};

/// What an agent reaches the world by, in the name of whoever asked it. What is
/// said is heard by the responder, later and once; dropping that is noticed.
class agent_world {
public:
  virtual ~agent_world() = default;

  /// Each returns the name by which it can be given up.
  virtual std::uint64_t ask_model(model_question what,
                                  std::shared_ptr<responder> to)
    = 0;
  /// Says it with `answer_of`.
  virtual std::uint64_t call_tool(const tool_wish& what,
                                  std::shared_ptr<responder> to)
    = 0;
  virtual std::uint64_t ask_storage(conversation_question what,
                                    std::shared_ptr<responder> to)
    = 0;

  /// Nobody waits for that any more.
  virtual void give_up(std::uint64_t errand) = 0;
};

/// What an agent did on the way.
struct agent_deed {
  tool_wish what;
  bool failed = false;
};

/// How far an agent has come.
struct agent_account {
  std::uint32_t steps = 0; ///< questions to the model
  token_usage tokens;
  std::vector<agent_deed> deeds;
};

struct agent_answer {
  std::string text;
  agent_account how;
  /// Set where the conversation could not be kept: it is as it was before.
  std::optional<fault> unkept;
};

/// Whoever waits for an agent. Dropping it unanswered is answered: the reply
/// guard.
class agent_client {
public:
  virtual ~agent_client() = default;

  /// The next step begins: the `step`th question, or these tools.
  virtual void asks(std::uint32_t step) = 0;
  virtual void calls(const std::vector<tool_wish>& tools) = 0;

  virtual void done(const agent_answer& what) = 0;
  virtual void fail(const fault& why, const agent_account& so_far) = 0;
};

} // namespace caisson
