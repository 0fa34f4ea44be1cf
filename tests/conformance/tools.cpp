// The tools of the fixture that need nobody.
#include "tests/conformance/fixture.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/reply.hpp"

namespace caisson::conformance {

namespace json = protocol::json;
namespace mcp = protocol::mcp;

std::string text_result(std::string_view text, bool error) {
  std::string result = R"({"content":[{"type":"text","text":)";
  json::append_string(result, text);
  result += "}]";
  result += error ? R"(,"isError":true})" : "}";
  return result;
}

namespace {

std::string block(std::string_view type, std::string_view data,
                  std::string_view media) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("type", type);
    root.string("data", data);
    root.string("mimeType", media);
  }
  return text;
}

std::string content(std::string_view blocks) {
  return R"({"content":[)" + std::string{blocks} + "]}";
}

std::string mixed() {
  return content(
    R"({"type":"text","text":"Multiple content types test:"},)"
    + block("image", picture, "image/png")
    + R"(,{"type":"resource","resource":{"uri":"test://mixed-content-resource",)"
      R"("mimeType":"application/json",)"
      R"("text":"{\"test\":\"data\",\"value\":123}"}})");
}

/// A legacy client has set the level for its session, a modern one for this
/// request or not at all.
void log(call& from, std::string_view text) {
  if (from.spoken == mcp::era::modern && !from.params.meta.log_level)
    return;
  std::string params;
  {
    json::object_writer root{params};
    root.string("level", "info");
    root.string("data", text);
  }
  from.notify(mcp::write_notification("notifications/message", params));
}

std::string with_logging(call& from) {
  log(from, "Tool execution started");
  log(from, "Tool processing data");
  log(from, "Tool execution completed");
  return text_result("Tool with logging executed.");
}

std::string with_progress(call& from) {
  mcp::progress_meter meter{from.params.meta.progress_token};
  for (unsigned done : {0U, 50U, 100U})
    if (auto told = meter.step(done, 100, "Working"))
      from.notify(std::move(*told));
  return text_result("Tool with progress executed.");
}

std::string reconnection(call& from) {
  from.drop_stream();
  return text_result("The client came back for this.");
}

std::string change(call& from, std::string_view what) {
  from.changed("notifications/" + std::string{what} + "/list_changed");
  return text_result("Told.");
}

std::optional<std::string> plain_content(std::string_view name) {
  if (name == "test_simple_text")
    return text_result("This is a simple text response for testing.");
  if (name == "test_image_content")
    return content(block("image", picture, "image/png"));
  if (name == "test_audio_content")
    return content(block("audio", sound, "audio/wav"));
  if (name == "test_embedded_resource")
    return content(
      R"({"type":"resource","resource":{"uri":"test://embedded-resource",)"
      R"("mimeType":"text/plain",)"
      R"("text":"This is an embedded resource content."}})");
  if (name == "test_multiple_content_types")
    return mixed();
  if (name == "test_error_handling")
    return text_result("This tool intentionally returns an error for testing",
                       true);
  if (name == "test_streaming_elicitation" || name == "json_schema_2020_12_tool"
      || name == "test_x_mcp_header")
    return text_result("Called.");
  return std::nullopt;
}

} // namespace

outcome call_tool(call& from) {
  if (auto plain = plain_content(from.name))
    return std::move(*plain);
  if (from.name == "test_tool_with_logging" || from.name == "test_logging_tool")
    return with_logging(from);
  if (from.name == "test_tool_with_progress")
    return with_progress(from);
  if (from.name == "test_reconnection")
    return reconnection(from);
  if (from.name == "test_trigger_tool_change")
    return change(from, "tools");
  if (from.name == "test_trigger_prompt_change")
    return change(from, "prompts");
  if (auto asked = call_legacy_tool(from))
    return std::move(*asked);
  if (auto asked = call_asking_tool(from))
    return std::move(*asked);
  return mcp::invalid_params("there is no tool of that name.");
}

} // namespace caisson::conformance
