// The prompts and resources of the fixture.
#include "tests/conformance/fixture.hpp"

#include <boost/json/serialize.hpp>

#include "protocol/json/write.hpp"

namespace caisson::conformance {

namespace json = protocol::json;
namespace mcp = protocol::mcp;
namespace bj = boost::json;

namespace {

std::string quoted(std::string_view text) {
  std::string result;
  json::append_string(result, text);
  return result;
}

std::string argument(const call& from, std::string_view name) {
  const auto* found = from.arguments.if_contains(name);
  return found && found->is_string() ? std::string{found->get_string()} : "";
}

std::string text_block(std::string_view text) {
  return R"({"type":"text","text":)" + quoted(text) + '}';
}

template <class... Blocks>
std::string messages(const Blocks&... blocks) {
  std::string result = R"({"messages":[)";
  ((result += result.ends_with('[') ? "" : ",",
    result += R"({"role":"user","content":)", result += blocks, result += '}'),
   ...);
  return result += "]}";
}

outcome asking_prompt(call& from) {
  const auto* answer = from.answers.if_contains("user_context");
  bj::error_code none;
  const auto* text
    = answer ? answer->find_pointer("/content/context", none) : nullptr;
  if (text && text->is_string())
    return messages(
      text_block("Use this context: " + std::string{text->get_string()}));
  return wants_input{
    {{"user_context", "elicitation/create",
      R"({"message":"What context should the prompt use?",)"
      R"("requestedSchema":{"type":"object","properties":)"
      R"({"context":{"type":"string"}},"required":["context"]}})"}},
    {}};
}

std::string contents(std::string_view uri, std::string_view media,
                     std::string_view member, std::string_view value) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("uri", uri);
    root.string("mimeType", media);
    root.string(member, value);
  }
  return R"({"contents":[)" + text + "]}";
}

} // namespace

outcome get_prompt(call& from) {
  if (from.name == "test_simple_prompt")
    return messages(text_block("This is a simple prompt for testing."));
  if (from.name == "test_prompt_with_arguments")
    return messages(text_block("Prompt with arguments: arg1='"
                               + argument(from, "arg1") + "', arg2='"
                               + argument(from, "arg2") + '\''));
  if (from.name == "test_prompt_with_embedded_resource")
    return messages(R"({"type":"resource","resource":{"uri":)"
                      + quoted(argument(from, "resourceUri"))
                      + R"(,"mimeType":"text/plain",)"
                        R"("text":"Embedded resource content for testing."}})",
                    text_block("Please process the embedded resource above."));
  if (from.name == "test_prompt_with_image")
    return messages(R"({"type":"image","data":)" + quoted(picture)
                      + R"(,"mimeType":"image/png"})",
                    text_block("Please analyze the image above."));
  if (from.name == "test_input_required_result_prompt"
      && from.spoken == mcp::era::modern)
    return asking_prompt(from);
  return mcp::invalid_params("there is no prompt of that name.");
}

outcome read_resource(call& from) {
  const std::string_view uri = from.name;
  if (uri == "test://static-text")
    return contents(uri, "text/plain", "text",
                    "This is the content of the static text resource.");
  if (uri == "test://static-binary")
    return contents(uri, "image/png", "blob", picture);
  if (uri == "test://watched-resource")
    return contents(uri, "text/plain", "text", "Watched resource content");
  constexpr std::string_view before = "test://template/";
  constexpr std::string_view after = "/data";
  if (uri.size() > before.size() + after.size() && uri.starts_with(before)
      && uri.ends_with(after)) {
    const auto id
      = uri.substr(before.size(), uri.size() - before.size() - after.size());
    const bj::value data{{"id", id},
                         {"templateTest", true},
                         {"data", "Data for ID: " + std::string{id}}};
    return contents(uri, "application/json", "text", bj::serialize(data));
  }
  return mcp::resource_not_found(from.spoken, uri);
}

} // namespace caisson::conformance
