// The actor, and in it a run (actors/agent/run.hpp) from its message to its
// answer.
#include "actors/agent/agent.hpp"

#include "actors/agent/ports.hpp"
#include "actors/telemetry/families.hpp"
#include "tests/actors/agent/scripted.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

using lines = std::vector<std::string>;

struct fixture : scripted_order {
  caisson::testing::world it{{dependency_named("a")}};

  agent_actor who() { return it.tree().agent_of(0); }

  void send(std::uint64_t id = 1) {
    caf::anon_send(who(), make(id));
    it.run();
  }

  void model(std::string words, token_usage usage = {10, 5, 0, true}) {
    world->model_says(std::move(words), usage);
    it.run();
  }

  void tool(const std::string& name, std::string words, bool failed = false) {
    world->tool_says(name, std::move(words), failed);
    it.run();
  }

  template <class Answer>
  void storage(Answer what) {
    world->storage_says(std::move(what));
    it.run();
  }

  void storage_fails(errc code) {
    world->take("storage").to->fail(make_fault(code, "it is full"), {});
    it.run();
  }

  double runs(std::string outcome) {
    return it.count(families::agent_runs, {std::move(outcome)});
  }
};

conversation_page page_of(std::uint32_t messages) {
  conversation_page page;
  page.of = conversation_head{"t", "title", 0, 0, messages};
  page.messages.resize(messages);
  return page;
}

} // namespace

TEST_CASE("a message is answered, and both are kept", "[agent]") {
  fixture f;
  f.send();
  CHECK(f.world->names() == lines{"model"});
  CHECK(f.talk->left == f.bounds.max_tokens);
  f.model("the answer");
  REQUIRE(f.world->names() == lines{"storage"});
  auto& kept
    = std::get<append_messages>(f.world->open.begin()->second.question.what);
  CHECK(kept.which.owner == "me");
  CHECK(kept.which.thread == "t");
  CHECK(kept.title == "title");
  REQUIRE(kept.messages.size() == 2);
  CHECK(kept.messages[0].who == author::user);
  CHECK(kept.messages[0].text == "hello");
  CHECK(kept.messages[1].who == author::assistant);
  CHECK(kept.messages[1].text == "the answer");
  CHECK_FALSE(f.told->done);
  f.storage(messages_kept{2});
  REQUIRE(f.told->done);
  CHECK(f.told->done->text == "the answer");
  CHECK(f.told->done->how.steps == 1);
  CHECK(f.told->done->how.tokens.input == 10);
  CHECK(f.told->done->how.tokens.output == 5);
  CHECK_FALSE(f.told->done->unkept);
  CHECK(f.told->dropped);
  CHECK(f.runs("ok") == 1);
  CHECK(f.it.count(families::agent_steps, {"model"}) == 1);
}

TEST_CASE("a conversation that goes on is remembered first", "[agent]") {
  fixture f;
  f.begins = false;
  f.send();
  REQUIRE(f.world->names() == lines{"storage"});
  auto& asked
    = std::get<read_conversation>(f.world->open.begin()->second.question.what);
  CHECK(asked.which.owner == "me");
  CHECK_FALSE(asked.from);
  f.storage(page_of(6));
  CHECK(f.talk->remembered == 6);
  CHECK(f.world->names() == lines{"model"});
}

TEST_CASE("a conversation that is none is not begun", "[agent]") {
  fixture f;
  f.begins = false;
  f.send();
  f.storage(conversation_page{});
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->code == errc::validation_failed);
  CHECK(f.world->open.empty());
  CHECK(f.runs("failed") == 1);
}

TEST_CASE("what cannot be remembered is not made up", "[agent]") {
  fixture f;
  f.begins = false;
  f.send();
  f.storage_fails(errc::storage_integrity);
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->code == errc::storage_integrity);
}

TEST_CASE("an answer that cannot be kept is told all the same", "[agent]") {
  fixture f;
  f.send();
  f.model("the answer");
  f.storage_fails(errc::storage_backend);
  REQUIRE(f.told->done);
  CHECK(f.told->done->text == "the answer");
  REQUIRE(f.told->done->unkept);
  CHECK(f.told->done->unkept->code == errc::storage_backend);
}

TEST_CASE("the tools of a step are called together, and told in its order",
          "[agent]") {
  fixture f;
  f.send();
  f.model("?a,b,c");
  CHECK(f.world->names() == lines{"a", "b", "c"});
  f.tool("c", "3");
  f.tool("a", "1");
  CHECK(f.talk->heard.empty());
  f.tool("b", "no", true);
  CHECK(f.talk->heard == lines{"a: 1", "b failed: no", "c: 3"});
  CHECK(f.world->names() == lines{"model"});
  f.model("done");
  f.storage(messages_kept{2});
  REQUIRE(f.told->done);
  auto& deeds = f.told->done->how.deeds;
  REQUIRE(deeds.size() == 3);
  CHECK(deeds[1].what.tool == "b");
  CHECK(deeds[1].failed);
  CHECK(f.told->lines == lines{"asks 1", "calls 3", "asks 2"});
  CHECK(f.it.count(families::agent_steps, {"tool"}) == 3);
}

TEST_CASE("of many tools only so many are called at a time", "[agent]") {
  fixture f;
  f.bounds.parallel = 2;
  f.send();
  f.model("?a,b,c,d");
  CHECK(f.world->names() == lines{"a", "b"});
  f.tool("b", "2");
  CHECK(f.world->names() == lines{"a", "c"});
  f.tool("a", "1");
  f.tool("c", "3");
  CHECK(f.world->names() == lines{"d"});
  f.tool("d", "4");
  CHECK(f.talk->heard.size() == 4);
}

TEST_CASE("a tool that cannot be called is the model's to deal with",
          "[agent]") {
  fixture f;
  f.send();
  f.model("?a,b");
  f.world->take("a").to->fail(
    make_fault(errc::circuit_breaker_open, "its breaker is open"), {});
  f.it.run();
  // Dropped unanswered: lost with whoever had it.
  f.world->take("b").to.reset();
  f.it.run();
  REQUIRE(f.talk->heard.size() == 2);
  CHECK(f.talk->heard[0]
        == "a failed: The tool could not be called: its breaker is open.");
  CHECK(f.talk->heard[1]
        == "b failed: The tool could not be called: the request was lost.");
  CHECK(f.world->names() == lines{"model"});
}

TEST_CASE("a model that fails ends it, and nothing is kept", "[agent]") {
  fixture f;
  f.send();
  f.world->take("model").to->fail(make_fault(errc::llm_unavailable, "gone"),
                                  {});
  f.it.run();
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->code == errc::llm_unavailable);
  CHECK(f.told->how.steps == 1);
  CHECK(f.world->open.empty());
}

TEST_CASE("an answer that is none ends it", "[agent]") {
  fixture f;
  f.send();
  f.model("");
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->code == errc::llm_error);
}

TEST_CASE("the last step is asked for an answer, and takes no other wish",
          "[agent]") {
  fixture f;
  f.bounds.max_steps = 2;
  f.send();
  f.model("?a");
  f.tool("a", "1");
  CHECK(f.talk->lasts == std::vector<bool>{false, true});
  f.model("?a");
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->code == errc::validation_constraint);
  CHECK(f.told->failed->detail == "the model wanted more tools after 2 steps");
  CHECK(f.told->how.deeds.size() == 1);
}

TEST_CASE("in the last step an answer counts, whatever is wanted beside it",
          "[agent]") {
  fixture f;
  f.bounds.max_steps = 2;
  f.send();
  f.model("first?a");
  REQUIRE(f.world->names() == lines{"a"});
  f.tool("a", "1");
  f.model("the answer?a");
  f.storage(messages_kept{2});
  REQUIRE(f.told->done);
  CHECK(f.told->done->text == "the answer");
}

TEST_CASE("it ends before it takes more tokens than it may", "[agent]") {
  fixture f;
  f.bounds.max_tokens = 100;
  f.send();
  f.model("?a", {40, 20, 0, true});
  f.tool("a", "1");
  CHECK(f.talk->left == 40);
  f.talk->weight = 12; // and an answer of 16
  f.model("?a", {10, 5, 0, true});
  f.tool("a", "2");
  REQUIRE(f.told->failed);
  CHECK(f.told->failed->detail == "the 100 tokens for one message are used up");
  CHECK(f.told->how.tokens.input == 50);
  CHECK(f.world->open.empty());
}

TEST_CASE("where nobody counts tokens, they are estimated", "[agent]") {
  fixture f;
  f.send();
  f.model(std::string(40, 'x'), {});
  f.storage(messages_kept{2});
  REQUIRE(f.told->done);
  auto& tokens = f.told->done->how.tokens;
  CHECK(tokens.input == f.talk->weight);
  CHECK(tokens.output == 10);
  CHECK_FALSE(tokens.known);
}

TEST_CASE("whoever leaves frees what is under way", "[agent]") {
  fixture f;
  f.send();
  f.model("?a,b");
  caf::anon_send(f.who(), agent_left{1});
  f.it.run();
  CHECK(f.world->given_up == lines{"a", "b"});
  CHECK(f.told->dropped);
  CHECK(f.runs("cancelled") == 1);
  // What comes too late is nobody's.
  caf::anon_send(f.who(), agent_left{1});
  f.it.run();
  CHECK(f.runs("cancelled") == 1);
}

TEST_CASE("an agent that crashes answers its clients, frees what is under way, "
          "and the next one serves",
          "[agent]") {
  fixture f;
  f.send();
  f.it.kill(f.who());
  CHECK(f.told->dropped);
  CHECK(f.world->given_up == lines{"model"});
  fixture& again = f;
  again.told = std::make_shared<noting_client::notes>();
  again.send(2);
  again.model("well");
  again.storage(messages_kept{2});
  CHECK(again.told->done->text == "well");
  CHECK(f.it.record("agent-0")->restarts == 1);
}

TEST_CASE("orders do not hear each other's words", "[agent]") {
  fixture f;
  f.send(1);
  scripted_order other;
  caf::anon_send(f.who(), other.make(2));
  f.it.run();
  other.world->model_says("for the other");
  f.it.run();
  CHECK(f.world->names() == lines{"model"});
  other.world->storage_says(messages_kept{2});
  f.it.run();
  CHECK(other.told->done->text == "for the other");
  CHECK_FALSE(f.told->done);
}
