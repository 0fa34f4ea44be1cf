// The tools of the fixture that ask a legacy client while they run.
#include "tests/conformance/fixture.hpp"

#include <boost/json/serialize.hpp>

namespace caisson::conformance {

namespace mcp = protocol::mcp;
namespace bj = boost::json;

namespace {

std::string_view text_of(const bj::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_string() ? std::string_view{found->get_string()}
                                     : std::string_view{};
}

std::string sample(call& from) {
  const bj::value params{
    {"messages",
     bj::array{bj::object{
       {"role", "user"},
       {"content", bj::object{{"type", "text"},
                              {"text", text_of(from.arguments, "prompt")}}}}}},
    {"maxTokens", 100}};
  const auto said = from.ask("sampling/createMessage", bj::serialize(params));
  const auto* result = said ? said->if_object() : nullptr;
  const auto* content = result ? result->if_contains("content") : nullptr;
  if (!content || !content->is_object())
    return text_result("The client did not answer.", true);
  return text_result("LLM response: "
                     + std::string{text_of(content->get_object(), "text")});
}

std::string elicit(call& from, std::string_view opening,
                   std::string_view message, std::string_view schema) {
  const bj::value text(message);
  const auto said
    = from.ask("elicitation/create", R"({"message":)" + bj::serialize(text)
                                       + R"(,"requestedSchema":)"
                                       + std::string{schema} + '}');
  const auto* result = said ? said->if_object() : nullptr;
  if (!result)
    return text_result("The client did not answer.", true);
  const auto* content = result->if_contains("content");
  return text_result(
    std::string{opening} + "action=" + std::string{text_of(*result, "action")}
    + ", content=" + (content ? bj::serialize(*content) : "{}"));
}

constexpr std::string_view who
  = R"({"type":"object","properties":{"username":{"type":"string",
"description":"User name"},"email":{"type":"string","description":"Mail"}},
"required":["username","email"]})";

constexpr std::string_view defaults = R"({"type":"object","properties":{
"name":{"type":"string","description":"Name","default":"John Doe"},
"age":{"type":"integer","description":"Age","default":30},
"score":{"type":"number","description":"Score","default":95.5},
"status":{"type":"string","description":"Status",
"enum":["active","inactive","pending"],"default":"active"},
"verified":{"type":"boolean","description":"Verified","default":true}},
"required":[]})";

constexpr std::string_view choices = R"({"type":"object","properties":{
"untitledSingle":{"type":"string","description":"One",
"enum":["option1","option2","option3"]},
"titledSingle":{"type":"string","description":"One with titles","oneOf":[
{"const":"value1","title":"First Option"},
{"const":"value2","title":"Second Option"},
{"const":"value3","title":"Third Option"}]},
"legacyEnum":{"type":"string","description":"One as it was before",
"enum":["opt1","opt2","opt3"],
"enumNames":["Option One","Option Two","Option Three"]},
"untitledMulti":{"type":"array","description":"Several","minItems":1,
"maxItems":3,"items":{"type":"string","enum":["option1","option2","option3"]}},
"titledMulti":{"type":"array","description":"Several with titles",
"minItems":1,"maxItems":3,"items":{"anyOf":[
{"const":"value1","title":"First Choice"},
{"const":"value2","title":"Second Choice"},
{"const":"value3","title":"Third Choice"}]}}},"required":[]})";

} // namespace

std::optional<outcome> call_legacy_tool(call& from) {
  const std::string_view name = from.name;
  if (name != "test_sampling" && !name.starts_with("test_elicitation"))
    return std::nullopt;
  if (from.spoken == mcp::era::modern)
    return text_result("This tool asks as clients of sessions expect.", true);
  if (name == "test_sampling")
    return sample(from);
  if (name == "test_elicitation")
    return elicit(from, "User response: ", text_of(from.arguments, "message"),
                  who);
  if (name == "test_elicitation_sep1034_defaults")
    return elicit(from, "Elicitation completed: ", "Please review", defaults);
  if (name == "test_elicitation_sep1330_enums")
    return elicit(from, "Elicitation completed: ", "Please choose", choices);
  return std::nullopt;
}

} // namespace caisson::conformance
