#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/input_required.hpp"

namespace caisson {

/// What a modern server wants to know of the client of a session before it goes
/// on: the questions as the client is shown them, and what it has answered.
class input_round {
public:
  explicit input_round(std::string state) : state_(std::move(state)) {}

  /// The client is asked for `key` under that id, JSON.
  void asked(std::string question, std::string key) {
    open_.emplace(std::move(question), std::move(key));
  }

  /// Takes a result, JSON. False: that was not asked.
  bool answered(const std::string& question, std::string_view result) {
    auto found = open_.extract(question);
    if (found.empty())
      return false;
    answers_.insert_or_assign(std::move(found.mapped()), std::string{result});
    return true;
  }

  /// All is answered: the request can be made again.
  bool whole() const noexcept { return open_.empty(); }

  /// The members that the request has then.
  std::string members() const {
    return protocol::mcp::write_input_responses(answers_, state_);
  }

private:
  std::string state_;
  std::map<std::string, std::string> open_; ///< question -> key
  std::map<std::string, std::string> answers_;
};

} // namespace caisson
