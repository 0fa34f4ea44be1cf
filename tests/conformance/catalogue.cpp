// The lists of the fixture, as they go out.
#include "tests/conformance/fixture.hpp"

namespace caisson::conformance {

std::string_view mirrored_schema() {
  return R"({"type":"object","properties":{"region":{"type":"string",
"description":"Repeated in Mcp-Param-Region.","x-mcp-header":"Region"},
"level":{"type":"integer","description":"Not repeated."}}})";
}

namespace {

constexpr std::string_view schema_2020_12
  = R"({"$schema":"https://json-schema.org/draft/2020-12/schema",
"type":"object","$defs":{"address":{"$anchor":"addressDef","type":"object",
"properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
"contactMethod":{"type":"string","enum":["phone","email"]},
"phone":{"type":"string"},"email":{"type":"string"}},
"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
"if":{"properties":{"contactMethod":{"const":"phone"}},
"required":["contactMethod"]},"then":{"required":["phone"]},
"else":{"required":["email"]},"additionalProperties":false})";

constexpr std::string_view no_arguments
  = R"({"type":"object","properties":{}})";
constexpr std::string_view prompt_argument
  = R"({"type":"object","properties":{"prompt":{"type":"string",
"description":"What to ask the client's model."}},"required":["prompt"]})";
constexpr std::string_view message_argument
  = R"({"type":"object","properties":{"message":{"type":"string",
"description":"What to show the user."}},"required":["message"]})";

struct tool {
  std::string_view name;
  std::string_view description;
  std::string_view schema = no_arguments;
};

constexpr tool tools[]{
  {"test_simple_text", "Answers with a text."},
  {"test_image_content", "Answers with a picture."},
  {"test_audio_content", "Answers with a sound."},
  {"test_embedded_resource", "Answers with a resource."},
  {"test_multiple_content_types", "Answers with text, picture and resource."},
  {"test_tool_with_logging", "Logs while it runs."},
  {"test_error_handling", "Fails."},
  {"test_tool_with_progress", "Tells its progress."},
  {"test_sampling", "Asks the client's model.", prompt_argument},
  {"test_elicitation", "Asks the client's user.", message_argument},
  {"test_elicitation_sep1034_defaults", "Asks with defaults."},
  {"test_elicitation_sep1330_enums", "Asks with choices."},
  {"json_schema_2020_12_tool", "Has a schema of 2020-12.", schema_2020_12},
  {"test_reconnection", "Drops its stream while it runs."},
  {"test_missing_capability", "Needs a client that samples."},
  {"test_streaming_elicitation", "Puts no request on its stream."},
  {"test_logging_tool", "Logs where the request asks for it."},
  {"test_trigger_tool_change", "Says that the tools have changed."},
  {"test_trigger_prompt_change", "Says that the prompts have changed."},
  {"test_input_required_result_elicitation", "Asks for a name."},
  {"test_input_required_result_sampling", "Asks for a completion."},
  {"test_input_required_result_list_roots", "Asks for the roots."},
  {"test_input_required_result_request_state", "Has a state."},
  {"test_input_required_result_multiple_inputs", "Asks three things at once."},
  {"test_input_required_result_multi_round", "Asks twice."},
  {"test_input_required_result_tampered_state", "Looks at its state."},
  {"test_input_required_result_capabilities", "Asks what the client can do."},
};

std::string write_tools() {
  std::string list = R"({"tools":[{"name":"test_x_mcp_header",)"
                     R"("description":"Has an argument that is mirrored.",)"
                     R"("inputSchema":)";
  list += mirrored_schema();
  list += '}';
  for (const auto& one : tools) {
    ((list += R"(,{"name":")") += one.name) += R"(","description":")";
    ((list += one.description) += R"(","inputSchema":)") += one.schema;
    list += '}';
  }
  return list += "]}";
}

} // namespace

std::string_view tools_list() {
  static const std::string list = write_tools();
  return list;
}

std::string_view prompts_list() {
  return R"({"prompts":[
{"name":"test_simple_prompt","description":"A prompt without arguments."},
{"name":"test_prompt_with_arguments","description":"A prompt with arguments.",
"arguments":[{"name":"arg1","description":"The first.","required":true},
{"name":"arg2","description":"The second.","required":true}]},
{"name":"test_prompt_with_embedded_resource","description":"With a resource.",
"arguments":[{"name":"resourceUri","description":"Which.","required":true}]},
{"name":"test_prompt_with_image","description":"A prompt with a picture."},
{"name":"test_input_required_result_prompt","description":"Asks first."}]})";
}

std::string_view resources_list() {
  return R"({"resources":[
{"uri":"test://static-text","name":"static-text","description":"A text.",
"mimeType":"text/plain"},
{"uri":"test://static-binary","name":"static-binary","description":"A picture.",
"mimeType":"image/png"},
{"uri":"test://watched-resource","name":"watched-resource",
"description":"To be watched.","mimeType":"text/plain"}]})";
}

std::string_view templates_list() {
  return R"({"resourceTemplates":[{"uriTemplate":"test://template/{id}/data",
"name":"template","description":"By an id.","mimeType":"application/json"}]})";
}

} // namespace caisson::conformance
