#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/agent/messages.hpp"
#include "actors/agent/ports.hpp"
#include "actors/stores/conversations.hpp"

namespace caisson::testing {

/// A talk whose answers are scripted: "answer" is a last word, "?a,b" wants the
/// tools a and b, "text?a" says something besides. What was said is noted.
class scripted_talk final : public agent_talk {
public:
  void remember(const std::vector<kept_message>& earlier) override {
    remembered = earlier.size();
  }

  model_question ask(std::uint64_t left, bool last) override {
    this->left = left;
    lasts.push_back(last);
    return {std::make_shared<const payload>(), weight};
  }

  result<model_words> hear(std::string_view answer) override {
    if (answer.empty())
      return make_fault(errc::llm_error, failure_kind::decode, "no answer");
    model_words words;
    auto mark = std::min(answer.find('?'), answer.size());
    words.text = answer.substr(0, mark);
    answer.remove_prefix(std::min(mark + 1, answer.size()));
    while (!answer.empty()) {
      auto name = answer.substr(0, answer.find(','));
      words.wishes.push_back(
        {"id-" + std::string{name}, std::string{name}, {}});
      answer.remove_prefix(std::min(name.size() + 1, answer.size()));
    }
    return words;
  }

  void hear(const tool_wish& what, const tool_words& said) override {
    heard.push_back(what.tool + (said.failed ? " failed: " : ": ") + said.text);
  }

  std::uint64_t weight = 10; ///< tokens of a question
  std::size_t remembered = 0;
  std::uint64_t left = 0;
  std::vector<bool> lasts;
  std::vector<std::string> heard;
};

/// A world in which nothing happens until the test says so.
class scripted_world final : public agent_world {
public:
  struct errand {
    std::string what; ///< "model", "storage", or the tool's name
    std::shared_ptr<responder> to;
    conversation_question question{};
  };

  std::uint64_t ask_model(model_question,
                          std::shared_ptr<responder> to) override {
    return note({"model", std::move(to)});
  }
  std::uint64_t call_tool(const tool_wish& what,
                          std::shared_ptr<responder> to) override {
    return note({what.tool, std::move(to)});
  }
  std::uint64_t ask_storage(conversation_question what,
                            std::shared_ptr<responder> to) override {
    return note({"storage", std::move(to), std::move(what)});
  }
  void give_up(std::uint64_t name) override {
    given_up.push_back(open.at(name).what);
    open.erase(name);
  }

  /// The errands that are open, in the order in which they began.
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (auto& [name, one] : open)
      list.push_back(one.what);
    return list;
  }

  errand take(const std::string& what) {
    for (auto at = open.begin(); at != open.end(); ++at)
      if (at->second.what == what) {
        auto one = std::move(at->second);
        open.erase(at);
        return one;
      }
    throw std::logic_error{"nothing is open of the name " + what};
  }

  void model_says(std::string words, token_usage usage = {10, 5, 0, true}) {
    auto one = take("model");
    if (usage.known)
      one.to->used(usage, {});
    one.to->answer(own(std::move(words)), {});
  }

  void tool_says(const std::string& tool, std::string words,
                 bool failed = false) {
    take(tool).to->answer(answer_of(std::make_shared<const tool_words>(
                            tool_words{std::move(words), failed})),
                          {});
  }

  template <class Answer>
  void storage_says(Answer what) {
    take("storage").to->answer(
      answer_of(std::make_shared<const conversation_answer>(std::move(what))),
      {});
  }

  std::map<std::uint64_t, errand> open;
  std::vector<std::string> given_up;

private:
  std::uint64_t note(errand what) {
    open.emplace(++last_, std::move(what));
    return last_;
  }

  std::uint64_t last_ = 0;
};

/// Notes what a client is told.
class noting_client final : public agent_client {
public:
  struct notes {
    std::vector<std::string> lines;
    std::optional<agent_answer> done;
    std::optional<fault> failed;
    agent_account how;
    bool dropped = false;
  };

  explicit noting_client(std::shared_ptr<notes> to) : to_(std::move(to)) {}
  ~noting_client() override { to_->dropped = true; }

  void asks(std::uint32_t step) override {
    to_->lines.push_back("asks " + std::to_string(step));
  }
  void calls(const std::vector<tool_wish>& tools) override {
    to_->lines.push_back("calls " + std::to_string(tools.size()));
  }
  void done(const agent_answer& what) override { to_->done = what; }
  void fail(const fault& why, const agent_account& so_far) override {
    to_->failed = why;
    to_->how = so_far;
  }

private:
  std::shared_ptr<notes> to_;
};

/// An order for them.
struct scripted_order {
  std::shared_ptr<scripted_talk> talk = std::make_shared<scripted_talk>();
  std::shared_ptr<scripted_world> world = std::make_shared<scripted_world>();
  std::shared_ptr<noting_client::notes> told
    = std::make_shared<noting_client::notes>();
  agent_bounds bounds;
  bool begins = true;

  agent_order make(std::uint64_t id = 1) const {
    agent_order order;
    order.id = id;
    order.talk = talk;
    order.world = world;
    order.client = std::make_shared<noting_client>(told);
    order.bounds = bounds;
    order.where = {"me", "t"};
    order.begins = begins;
    order.title = "title";
    order.said = "hello";
    return order;
  }
};

} // namespace caisson::testing
