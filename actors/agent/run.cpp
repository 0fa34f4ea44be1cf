#include "actors/agent/run.hpp"

#include <algorithm>

namespace caisson {
namespace {

/// So many of the messages before are told to the model again.
constexpr std::uint32_t remembered = 40;

/// An answer of fewer tokens is none.
constexpr std::uint64_t least_answer = 16;

constexpr std::uint64_t bytes_a_token = 4;

/// For the model, which may help itself.
tool_words words_of(const fault& what) {
  std::string text = "The tool could not be called";
  if (!what.detail.empty())
    text += ": " + what.detail;
  return {text + '.', true};
}

fault out_of_tokens(std::uint64_t most) {
  return make_fault(errc::validation_constraint,
                    "the " + std::to_string(most)
                      + " tokens for one message are used up");
}

} // namespace

agent_run::agent_run(agent_order what, ears listen)
  : order_(std::move(what)), listen_(std::move(listen)) {
  account_.tokens.known = true;
}

agent_run::~agent_run() {
  for (auto& [errand, name] : open_)
    order_.world->give_up(name);
}

template <class Start>
std::uint64_t agent_run::set_out(Start start) {
  auto errand = ++errands_;
  open_[errand] = start(listen_(errand));
  return errand;
}

void agent_run::begin() {
  if (order_.begins) {
    order_.talk->remember({});
    ask();
    return;
  }
  conversation_question question;
  question.what = read_conversation{order_.where, std::nullopt, remembered};
  set_out([&](auto ear) {
    return order_.world->ask_storage(std::move(question), std::move(ear));
  });
}

void agent_run::heard(const errand_done& x) {
  if (open_.erase(x.errand) == 0)
    return;
  switch (phase_) {
    case phase::remembering:
      return remember(x);
    case phase::asking:
      return hear_model(x);
    case phase::calling:
      return hear_tool(x);
    case phase::keeping:
      return kept(x);
    case phase::over:
      return;
  }
}

void agent_run::remember(const errand_done& x) {
  if (x.failure)
    return fail(*x.failure);
  auto said = conversation_answer_in(x.said);
  auto* page = said ? std::get_if<conversation_page>(said.get()) : nullptr;
  if (!page)
    return fail(make_fault(errc::storage_error, failure_kind::decode,
                           "the storage said nothing"));
  if (!page->of)
    return fail(make_fault(errc::validation_failed,
                           "there is no conversation of that name"));
  order_.talk->remember(page->messages);
  ask();
}

void agent_run::ask() {
  phase_ = phase::asking;
  auto spent = account_.tokens.input + account_.tokens.output;
  auto left
    = order_.bounds.max_tokens - std::min(order_.bounds.max_tokens, spent);
  auto last = account_.steps + 1 >= order_.bounds.max_steps;
  auto question = order_.talk->ask(left, last);
  if (question.tokens + least_answer > left)
    return fail(out_of_tokens(order_.bounds.max_tokens));
  asked_ = question.tokens;
  order_.client->asks(++account_.steps);
  set_out([&](auto ear) {
    return order_.world->ask_model(std::move(question), std::move(ear));
  });
}

void agent_run::hear_model(const errand_done& x) {
  if (x.failure)
    return fail(*x.failure);
  auto& spent = account_.tokens;
  // Where nobody has counted, about.
  spent.input += x.usage.known ? x.usage.input : asked_;
  spent.output
    += x.usage.known ? x.usage.output : x.said.data.size() / bytes_a_token;
  spent.known = spent.known && x.usage.known;
  auto words = order_.talk->hear(x.said.data);
  if (!words)
    return fail(words.error());
  auto last = account_.steps >= order_.bounds.max_steps;
  // It was asked for an answer: beside one, more wishes are not heard.
  if (words->wishes.empty() || (last && !words->text.empty()))
    return keep(std::move(words->text));
  if (last)
    return fail(make_fault(errc::validation_constraint,
                           "the model wanted more tools after "
                             + std::to_string(account_.steps) + " steps"));
  call_tools(std::move(words->wishes));
}

void agent_run::call_tools(std::vector<tool_wish> wishes) {
  phase_ = phase::calling;
  order_.client->calls(wishes);
  calls_.clear();
  for (auto& one : wishes)
    calls_.push_back({std::move(one), {}});
  next_call_ = 0;
  for (std::uint32_t i = 0; i < order_.bounds.parallel; ++i)
    call_next();
}

void agent_run::call_next() {
  if (next_call_ == calls_.size())
    return;
  auto& one = calls_[next_call_++];
  one.errand = set_out([&](auto ear) {
    return order_.world->call_tool(one.what, std::move(ear));
  });
}

void agent_run::hear_tool(const errand_done& x) {
  auto at = std::find_if(calls_.begin(), calls_.end(),
                         [&](auto& one) { return one.errand == x.errand; });
  auto said = x.failure ? nullptr : tool_words_in(x.said);
  if (said)
    at->said = *said;
  else
    at->said = words_of(x.failure ? *x.failure : fault{});
  call_next();
  if (!open_.empty())
    return;
  for (auto& one : calls_) {
    order_.talk->hear(one.what, one.said);
    account_.deeds.push_back({std::move(one.what), one.said.failed});
  }
  ask();
}

void agent_run::keep(std::string text) {
  phase_ = phase::keeping;
  answer_ = std::move(text);
  conversation_question question;
  question.what = append_messages{
    order_.where,
    order_.title,
    {{author::user, order_.said}, {author::assistant, answer_}}};
  set_out([&](auto ear) {
    return order_.world->ask_storage(std::move(question), std::move(ear));
  });
}

void agent_run::kept(const errand_done& x) {
  phase_ = phase::over;
  order_.client->done({std::move(answer_), account_, x.failure});
}

void agent_run::fail(const fault& why) {
  phase_ = phase::over;
  failed_ = true;
  order_.client->fail(why, account_);
}

} // namespace caisson
