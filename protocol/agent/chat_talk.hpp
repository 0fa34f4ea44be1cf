#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/agent/ports.hpp"
#include "protocol/agent/tool_set.hpp"

namespace caisson::protocol {

/// What an agent and its model say to each other, in OpenAI's words: a request
/// that grows with each answer. Behind it any provider may stand, as with a
/// client's own.
///
/// What tools say goes to the model as it is, up to a length; the system's
/// words tell it that this is data and no order. What the model wants is called
/// by the names of `tool_set`, and in the order in which it was wanted.
class chat_talk final : public agent_talk {
public:
  /// Finds a tool that the agent may use, by its name.
  using finder = std::function<const mcp::tool_offer*(std::string_view)>;

  struct plan {
    std::string model;
    std::string message;
    bool concise = true;
    /// Bytes of earlier messages that are told again, at most.
    std::size_t memory = 100'000;
    tool_set tools;
    /// Tools that `search_tools` has found are told of from then on.
    finder find;
  };

  /// The longest answer, in tokens; models refuse to be asked for more than
  /// they can say.
  static constexpr std::uint64_t longest_answer = 4'096;
  /// What a tool has said is cut there, in bytes.
  static constexpr std::size_t longest_result = 32 * 1'024;
  /// Tools in one step.
  static constexpr std::size_t most_wishes = 64;

  explicit chat_talk(plan what) : plan_{std::move(what)} {}

  void remember(const std::vector<kept_message>& earlier) override;
  model_question ask(std::uint64_t left, bool last) override;
  result<model_words> hear(std::string_view answer) override;
  void hear(const tool_wish& what, const tool_words& said) override;

private:
  void learn(std::string_view found);

  plan plan_;
  std::string messages_; ///< elements of an array, JSON
};

} // namespace caisson::protocol
