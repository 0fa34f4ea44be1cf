// The tools of the fixture that ask a modern client: by a result that says what
// is wanted, and the request once more.
#include "tests/conformance/fixture.hpp"

#include <boost/json/serialize.hpp>

namespace caisson::conformance {

namespace mcp = protocol::mcp;
namespace bj = boost::json;

namespace {

mcp::input_request elicitation(std::string_view key, std::string_view message,
                               std::string_view field,
                               std::string_view type = "string") {
  const bj::value params{
    {"message", message},
    {"requestedSchema",
     bj::object{{"type", "object"},
                {"properties", bj::object{{field, bj::object{{"type", type}}}}},
                {"required", bj::array{field}}}}};
  return {std::string{key}, "elicitation/create", bj::serialize(params)};
}

mcp::input_request sampling(std::string_view key, std::string_view question,
                            int tokens) {
  const bj::value params{
    {"messages",
     bj::array{bj::object{
       {"role", "user"},
       {"content", bj::object{{"type", "text"}, {"text", question}}}}}},
    {"maxTokens", tokens}};
  return {std::string{key}, "sampling/createMessage", bj::serialize(params)};
}

mcp::input_request roots() {
  return {"client_roots", "roots/list", {}};
}

const bj::value* down(const bj::value* from, std::string_view name) {
  const auto* object = from ? from->if_object() : nullptr;
  return object ? object->if_contains(name) : nullptr;
}

std::optional<std::string> text(const bj::value* from) {
  if (!from || !from->is_string())
    return std::nullopt;
  return std::string{from->get_string()};
}

/// A field of what the user filled in, if he did.
const bj::value* field(const call& from, std::string_view key,
                       std::string_view name) {
  const auto* answer = from.answers.if_contains(key);
  if (text(down(answer, "action")) != "accept")
    return nullptr;
  return down(down(answer, "content"), name);
}

std::optional<std::string> sampled(const call& from, std::string_view key) {
  return text(down(down(from.answers.if_contains(key), "content"), "text"));
}

bool has_roots(const call& from) {
  const auto* list = down(from.answers.if_contains("client_roots"), "roots");
  return list && list->is_array();
}

const mcp::input_request ask_name
  = elicitation("user_name", "What is your name?", "name");

outcome by_elicitation(call& from) {
  if (const auto name = text(field(from, "user_name", "name")))
    return text_result("Hello, " + *name + '!');
  return wants_input{{ask_name}, {}};
}

outcome by_sampling(call& from) {
  if (const auto said = sampled(from, "capital_question"))
    return text_result("Sampling response: " + *said);
  return wants_input{
    {sampling("capital_question", "What is the capital of France?", 100)}, {}};
}

outcome by_roots(call& from) {
  if (has_roots(from))
    return text_result("The client has roots.");
  return wants_input{{roots()}, {}};
}

outcome confirmed(call& from, std::string_view done) {
  if (!field(from, "confirm", "ok"))
    return wants_input{
      {elicitation("confirm", "Please confirm", "ok", "boolean")}, "confirm"};
  if (from.state != "confirm")
    return mcp::invalid_params("requestState is missing.");
  return text_result(done);
}

outcome by_several(call& from) {
  const auto name = text(field(from, "user_name", "name"));
  const auto greeting = sampled(from, "greeting");
  if (name && greeting && has_roots(from))
    return text_result(*greeting + ' ' + *name);
  return wants_input{
    {ask_name, sampling("greeting", "Generate a greeting", 50), roots()},
    "several"};
}

outcome by_rounds(call& from) {
  if (from.state.empty())
    return wants_input{
      {elicitation("step1", "Step 1: What is your name?", "name")}, "1"};
  if (from.state == "1")
    return wants_input{
      {elicitation("step2", "Step 2: What is your favourite colour?", "color")},
      "2" + text(field(from, "step1", "name")).value_or("somebody")};
  return text_result(
    from.state.substr(1) + " likes "
    + text(field(from, "step2", "color")).value_or("no colour"));
}

outcome by_capabilities(call& from) {
  if (!from.answers.empty())
    return text_result("Answered.");
  const auto can = from.params.meta.client_capabilities;
  wants_input wanted;
  if (mcp::declares(can, "elicitation"))
    wanted.requests.push_back(ask_name);
  if (mcp::declares(can, "sampling"))
    wanted.requests.push_back(sampling("greeting", "Generate a greeting", 50));
  if (mcp::declares(can, "roots"))
    wanted.requests.push_back(roots());
  if (wanted.requests.empty())
    return text_result("The client can be asked nothing.");
  return wanted;
}

outcome by_missing(call& from) {
  if (const auto said = sampled(from, "llm_answer"))
    return text_result(*said);
  return wants_input{{sampling("llm_answer", "Say pong.", 16)}, {}};
}

struct asking_tool {
  std::string_view name;
  outcome (*run)(call&);
};

const asking_tool asking[]{
  {"test_missing_capability", by_missing},
  {"test_input_required_result_elicitation", by_elicitation},
  {"test_input_required_result_sampling", by_sampling},
  {"test_input_required_result_list_roots", by_roots},
  {"test_input_required_result_request_state",
   [](call& from) { return confirmed(from, "state-ok"); }},
  {"test_input_required_result_multiple_inputs", by_several},
  {"test_input_required_result_multi_round", by_rounds},
  {"test_input_required_result_tampered_state",
   [](call& from) { return confirmed(from, "integrity-ok"); }},
  {"test_input_required_result_capabilities", by_capabilities},
};

} // namespace

std::optional<outcome> call_asking_tool(call& from) {
  for (const auto& one : asking) {
    if (one.name != from.name)
      continue;
    if (from.spoken == mcp::era::legacy)
      return text_result("This tool asks as stateless clients expect.", true);
    return one.run(from);
  }
  return std::nullopt;
}

} // namespace caisson::conformance
