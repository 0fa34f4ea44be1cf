#include "server/mcp/agent_errands.hpp"

#include <algorithm>

#include <caf/send.hpp>

#include "protocol/agent/chat_talk.hpp"
#include "protocol/agent/tool_text.hpp"
#include "protocol/chat_request.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/conversation_lookup.hpp"
#include "protocol/mcp/tool_search.hpp"
#include "protocol/mcp/upstream_route.hpp"
#include "server/mcp/tool_ear.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// The agent's end of a question to a model, with the bill for it.
class billed_ear final : public responder {
public:
  billed_ear(std::shared_ptr<responder> to, std::unique_ptr<chat_bill> bill)
    : to_(std::move(to)), bill_(std::move(bill)) {}

  bool waits() const noexcept override { return to_->waits(); }
  void answer(bytes body, const provenance& from) override {
    bill_->done(from.asked);
    to_->answer(std::move(body), from);
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void used(const token_usage& what, const provenance& from) override {
    bill_->use(what, from);
    to_->used(what, from);
  }
  void end() override {}
  void fail(const fault& what, const provenance& from) override {
    bill_->give_up();
    to_->fail(what, from);
  }

private:
  std::shared_ptr<responder> to_;
  std::unique_ptr<chat_bill> bill_;
};

void say(responder& to, tool_words words) {
  to.answer(answer_of(std::make_shared<const tool_words>(std::move(words))),
            {});
}

/// Hears the storage for a tool, and says it in a tool's words.
class shelf_ear final : public responder {
public:
  explicit shelf_ear(std::shared_ptr<responder> to) : to_(std::move(to)) {}

  bool waits() const noexcept override { return to_->waits(); }
  void answer(bytes body, const provenance&) override {
    auto said = conversation_answer_in(body);
    auto how = said ? mcp::conversation_result(*said)
                    : mcp::failed_call("The storage said nothing.");
    say(*to_, protocol::words_of(how.members));
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault& what, const provenance& from) override {
    to_->fail(what, from);
  }

private:
  std::shared_ptr<responder> to_;
};

/// Arguments as a model has written them: an object, or not.
bool is_object(std::string_view arguments) {
  auto copy = protocol::json::padded(arguments);
  protocol::json::strict_reader reader;
  return !reader.read(copy) && reader.is_object();
}

} // namespace

agent_errands::agent_errands(own_desk& desk, own_caller who,
                             const agent_settings& how)
  : desk_(desk), who_(std::move(who)), how_(how),
    offered_(desk.with().offered()) {
  // nop
}

bool agent_errands::may_use(std::string_view tool) const {
  // It does not call itself: nobody could say where that ends.
  return tool != mcp::agent_chat_name && how_.tools.passes(tool)
         && offered_->views.shows(who_.limits.who.level, tool);
}

std::string agent_errands::model() const {
  if (!how_.model.empty())
    return how_.model;
  auto& names = desk_.with().actors.routes()->names();
  return names.empty() ? std::string{} : names.front().id;
}

std::shared_ptr<agent_talk>
agent_errands::talk(const mcp::agent_wish& what) const {
  protocol::chat_talk::plan plan;
  plan.model = model();
  plan.message = what.message;
  plan.concise = what.concise;
  // Half of what it may take is for what was said before, at four bytes each.
  plan.memory = how_.max_tokens * 2;
  std::uint32_t room = how_.max_tools;
  for (auto& tool : offered_->what.all().tools)
    if (room > 0 && may_use(tool.name) && plan.tools.add(tool))
      --room;
  plan.find = [self = shared_from_this()](std::string_view name) {
    auto& all = self->offered_->what.all().tools;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](auto& one) { return one.name == name; });
    return at != all.end() && self->may_use(name) ? &*at : nullptr;
  };
  return std::make_shared<protocol::chat_talk>(std::move(plan));
}

void agent_errands::put(std::uint64_t errand, call_ptr what,
                        std::shared_ptr<responder> to) {
  auto& with = desk_.with();
  caf::anon_send(with.actors.front_end_of(with.home.number()),
                 submission{errand, std::move(what), std::move(to)});
}

// -- models -------------------------------------------------------------------

std::uint64_t agent_errands::ask_model(model_question what,
                                       std::shared_ptr<responder> to) {
  auto errand = desk_.with().home.next_id();
  auto body = std::static_pointer_cast<const protocol::chat_request>(what.body);
  auto asked = std::make_shared<call>(who_.base);
  asked->model = body->model();
  asked->body = body;
  waiting_.insert(errand);
  auto takes = demand_of(*body);
  auto then = [self = shared_from_this(), errand, asked = std::move(asked),
               to = std::move(to)](auto bill) {
    if (self->waiting_.erase(errand) == 0)
      return; // given up meanwhile; the bill gives everything back
    if (bill)
      self->put(errand, asked,
                std::make_shared<billed_ear>(to, std::move(*bill)));
    else
      to->fail(bill.error(), {});
  };
  desk_.with().limits.open(who_.limits, takes, std::move(then));
  return errand;
}

// -- tools --------------------------------------------------------------------

std::uint64_t agent_errands::call_tool(const tool_wish& what,
                                       std::shared_ptr<responder> to) {
  if (!may_use(what.tool)) {
    say(*to, {"There is no tool of that name that may be used here.", true});
    return 0;
  }
  // Names that a model has made up are not counted.
  if (!mcp::has_tool(offered_->what.all(), what.tool)) {
    say(*to, {"There is no tool of that name.", true});
    return 0;
  }
  if (!is_object(what.arguments)) {
    say(*to, {"The arguments are no JSON object.", true});
    return 0;
  }
  auto errand = desk_.with().home.next_id();
  waiting_.insert(errand);
  auto then = [self = shared_from_this(), errand, what,
               to = std::move(to)](const auto& over) {
    if (self->waiting_.erase(errand) == 0)
      return; // given up meanwhile
    if (!over)
      return self->begin_call(errand, what, to);
    self->desk_.counts().call(what.tool, "limited");
    say(*to, protocol::words_of(mcp::failed_call(over->why).members));
  };
  desk_.with().limits.count_call(who_.limits, what.tool, std::move(then));
  return errand;
}

void agent_errands::begin_call(std::uint64_t errand, const tool_wish& what,
                               std::shared_ptr<responder> to) {
  if (mcp::has_tool(desk_.offers().offers(), what.tool))
    call_own(errand, what, std::move(to));
  else
    pass_on(errand, what, std::move(to));
}

void agent_errands::call_own(std::uint64_t errand, const tool_wish& what,
                             std::shared_ptr<responder> to) {
  auto counted
    = std::make_shared<tool_ear>(desk_.counts(), what.tool, std::move(to));
  if (!desk_.offers().answers_later(what.tool)) {
    auto how = mcp::search_tools(offered_->seen_by(who_.limits.who.level),
                                 what.arguments);
    return say(*counted, protocol::words_of(how.members));
  }
  auto asked = desk_.question_of(who_, what.tool, what.arguments);
  if (auto* flaw = std::get_if<std::string>(&asked))
    return say(*counted, {*flaw, true});
  desk_.ask_storage(errand, who_,
                    std::get<conversation_question>(std::move(asked)),
                    std::make_shared<shelf_ear>(std::move(counted)));
}

void agent_errands::pass_on(std::uint64_t errand, const tool_wish& what,
                            std::shared_ptr<responder> to) {
  std::string params = R"({"name":)";
  protocol::json::append_string(params, what.tool);
  ((params += R"(,"arguments":)") += what.arguments) += '}';
  mcp::message one;
  one.method = "tools/call";
  one.params = params;
  auto route
    = mcp::route_upstream(offered_->what, one, mcp::read_params(params));
  if (!route)
    return say(*to, {"There is no tool of that name.", true});
  auto asked = std::make_shared<call>(who_.base);
  asked->idempotent = mcp::repeatable(*route);
  asked->addressed = offered_->where[route->to.server];
  auto& server = offered_->what.server(route->to.server);
  asked->body = std::move(route->call);
  put(errand, std::move(asked),
      std::make_shared<upstream_ear>(
        desk_.counts(), server,
        std::make_shared<tool_ear>(desk_.counts(), what.tool, std::move(to))));
}

// -- the rest -----------------------------------------------------------------

std::uint64_t agent_errands::ask_storage(conversation_question what,
                                         std::shared_ptr<responder> to) {
  auto errand = desk_.with().home.next_id();
  desk_.ask_storage(errand, who_, std::move(what), std::move(to));
  return errand;
}

void agent_errands::give_up(std::uint64_t errand) {
  if (errand == 0 || waiting_.erase(errand) > 0)
    return;
  auto& with = desk_.with();
  caf::anon_send(with.actors.front_end_of(with.home.number()),
                 client_left{errand});
}

} // namespace caisson
