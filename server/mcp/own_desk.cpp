#include "server/mcp/own_desk.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/dependency/compartment.hpp"
#include "protocol/mcp/agent_tool.hpp"
#include "protocol/mcp/conversation_lookup.hpp"
#include "protocol/mcp/tool_search.hpp"
#include "server/gateway/begun_call.hpp"
#include "server/mcp/agent_errands.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// Messages of a conversation that a prompt is about, the last ones.
constexpr std::uint32_t most_summarized = 200;

/// Hears what the storage says to one question.
class storage_ear final : public responder {
public:
  explicit storage_ear(own_desk::told then) : then_(std::move(then)) {}

  void answer(bytes body, const provenance&) override {
    if (auto said = conversation_answer_in(body))
      then_(std::move(said));
    else
      then_(make_fault(errc::storage_error, failure_kind::decode,
                       "the storage said nothing"));
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault& what, const provenance&) override { then_(what); }

private:
  own_desk::told then_;
};

std::shared_ptr<const model_route> route_to_storage(const tree& actors) {
  auto all = actors.dependencies();
  auto at = std::find_if(all.begin(), all.end(),
                         [](auto& x) { return x->kind() == "sqlite"; });
  auto made = std::make_shared<model_route>();
  if (at != all.end())
    made->targets.push_back({*at, {}});
  return made;
}

} // namespace

own_desk::own_desk(plan with)
  : with_(std::move(with)), storage_(route_to_storage(with_.actors)) {
  // nop
}

// -- requests -----------------------------------------------------------------

own_reply_ptr own_desk::begin(requester& from, const mcp::admission& what,
                              late_answer::manner how) {
  auto& one = *what.single();
  auto id = from.request().id;
  own_reply::plan client;
  client.to = from.hold();
  client.spoken = what.where->spoken;
  client.id = one.id;
  client.method = one.method;
  if (one.method == "tools/call")
    client.tool = *what.params.name;
  client.progress_token = what.params.meta.progress_token;
  client.in = what.in;
  client.how = std::move(how);
  auto reply = std::make_shared<own_reply>(*this, std::move(client));
  if (what.in)
    with_.calls.began(what.in->key, one.id, {with_.home.number(), id});
  else
    from.watch(this);
  if (open_.empty())
    with_.home.look_after(*this);
  open_[id] = reply;
  return reply;
}

bool own_desk::take(requester& from, const mcp::admission& what,
                    late_answer::manner how) {
  auto& one = *what.single();
  auto& params = what.params;
  if (one.method == "tools/call" && params.name
      && answers(from, *params.name)) {
    auto reply = begin(from, what, std::move(how));
    auto who = caller_of(from);
    with_.limits.count_call(
      who.limits, *params.name,
      [this, who, reply, tool = *params.name,
       arguments = std::string{params.arguments}](const auto& over) {
        if (over)
          reply->refuse(*over);
        else if (reply->waits())
          serve_call(who, reply, tool, arguments);
      });
    return true;
  }
  if (one.method != "prompts/get" || !params.name
      || with_.offers.offers().prompts.empty())
    return false;
  auto about = mcp::summary_of_thread(*params.name, params.arguments);
  if (!about)
    return false;
  summarize(from, begin(from, what, std::move(how)), std::move(*about));
  return true;
}

bool own_desk::answers(const requester& from, std::string_view tool) const {
  if (with_.offers.answers_later(tool))
    return true;
  auto& own = with_.offers.offers().tools;
  auto& context = from.request();
  return !own.empty() && own.front().name == tool
         && with_.limits.counts_calls({context.who, context.limited}, tool);
}

void own_desk::serve_call(const own_caller& who, const own_reply_ptr& to,
                          std::string_view tool, std::string_view arguments) {
  if (tool == mcp::agent_chat_name)
    chat(who, to, arguments);
  else if (with_.offers.answers_later(tool))
    look_up(who, to, tool, arguments);
  else
    search(who, to, arguments);
}

void own_desk::search(const own_caller& who, const own_reply_ptr& to,
                      std::string_view arguments) {
  auto how = mcp::search_tools(with_.offered()->seen_by(who.limits.who.level),
                               arguments);
  to->conclude({std::move(how.members),
                with_.offers.offers().tools.front().name, how.failed});
}

own_caller own_desk::caller_of(const requester& from) const {
  auto& context = from.request();
  own_caller who;
  who.request = context.id;
  who.base = begun_call(context, with_.request_timeout_ms);
  who.owner = principal_of(from);
  who.known = context.who.known;
  who.limits = {context.who, context.limited};
  return who;
}

std::variant<conversation_question, std::string>
own_desk::question_of(const own_caller& who, std::string_view tool,
                      std::string_view arguments) const {
  auto made = mcp::read_conversation_call(tool, arguments, who.owner);
  auto* asked = std::get_if<conversation_question>(&made);
  if (asked && std::holds_alternative<find_conversations>(asked->what)
      && !who.known && !with_.control.rules()->anonymous_search)
    return "Without a key that this gateway knows, conversations cannot be "
           "searched: callers cannot be told apart. conversation_get reads one "
           "by the name that agent_chat gave it.";
  return made;
}

void own_desk::look_up(const own_caller& who, const own_reply_ptr& to,
                       std::string_view tool, std::string_view arguments) {
  auto asked = question_of(who, tool, arguments);
  std::string name{tool};
  auto conclude = [to, name](const mcp::tool_result& how) {
    to->conclude({how.members, name, how.failed});
  };
  if (auto* flaw = std::get_if<std::string>(&asked))
    return conclude(mcp::failed_call(*flaw));
  ask_storage(who, std::get<conversation_question>(std::move(asked)),
              [to, conclude](result<conversation_answer_ptr> said) {
                if (said)
                  conclude(mcp::conversation_result(**said));
                else
                  to->fail(said.error());
              });
}

void own_desk::chat(const own_caller& who, const own_reply_ptr& to,
                    std::string_view arguments) {
  auto read = mcp::read_agent_wish(arguments);
  if (auto* flaw = std::get_if<std::string>(&read)) {
    auto how = mcp::failed_call(*flaw);
    return to->conclude({how.members, mcp::agent_chat_name, how.failed});
  }
  auto& wish = std::get<mcp::agent_wish>(read);
  auto rules = with_.control.rules();
  agent_order order;
  order.id = who.request;
  order.begins = wish.thread.empty();
  order.where = {who.owner, order.begins ? random_name() : wish.thread};
  order.title = mcp::title_of(wish.message);
  order.said = wish.message;
  order.bounds
    = {rules->agent.max_steps, rules->agent.max_tokens, rules->agent.parallel};
  auto errands = std::make_shared<agent_errands>(*this, who, rules->agent);
  order.talk = errands->talk(wish);
  order.world = errands;
  order.client = hear_agent(to, std::move(wish), order.where.thread);
  caf::anon_send(with_.actors.agent_of(with_.home.number()), std::move(order));
}

void own_desk::summarize(requester& from, const own_reply_ptr& to,
                         mcp::thread_summary about) {
  auto who = caller_of(from);
  conversation_question question;
  question.what = read_conversation{
    {who.owner, about.thread}, std::nullopt, most_summarized};
  ask_storage(
    who, std::move(question),
    [to, about = std::move(about)](result<conversation_answer_ptr> said) {
      if (!said)
        return to->fail(said.error());
      auto made
        = mcp::write_summary(about, std::get<conversation_page>(**said));
      if (made)
        to->conclude({std::move(*made)});
      else
        to->conclude({made.error()});
    });
}

// -- errands ------------------------------------------------------------------

void own_desk::ask_storage(std::uint64_t errand, const own_caller& who,
                           conversation_question what,
                           std::shared_ptr<responder> to) {
  auto asked = std::make_shared<call>(who.base);
  asked->idempotent = !std::holds_alternative<append_messages>(what.what);
  asked->addressed = storage_;
  asked->body = std::make_shared<const conversation_question>(std::move(what));
  caf::anon_send(with_.actors.front_end_of(with_.home.number()),
                 submission{errand, std::move(asked), std::move(to)});
}

void own_desk::ask_storage(const own_caller& who, conversation_question what,
                           told then) {
  ask_storage(with_.home.next_id(), who, std::move(what),
              std::make_shared<storage_ear>(std::move(then)));
}

// -- giving up ----------------------------------------------------------------

void own_desk::cancel_there(std::uint64_t request) {
  boost::asio::post(with_.home.context(),
                    [this, request] { client_gone(request); });
}

void own_desk::client_gone(std::uint64_t request) {
  auto found = open_.find(request);
  auto reply = found == open_.end() ? nullptr : found->second.lock();
  if (!reply)
    return;
  reply->cancel();
  caf::anon_send(with_.actors.agent_of(with_.home.number()),
                 agent_left{request});
}

void own_desk::over(std::uint64_t request) {
  if (open_.erase(request) > 0 && open_.empty())
    with_.home.forget(*this);
}

void own_desk::sweep(time_point now) {
  // Whoever is found gone leaves: not while they are looked at.
  std::vector<own_reply_ptr> all;
  for (auto& [id, one] : open_)
    if (auto reply = one.lock())
      all.push_back(std::move(reply));
  for (auto& one : all)
    one->sign(now);
}

millis own_desk::keep_alive() const {
  return with_.control.rules()->keep_alive;
}

} // namespace caisson
