#include "protocol/mcp/tool_result.hpp"

#include "protocol/faults.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

std::string text_content(std::string_view text) {
  std::string result = R"([{"type":"text","text":)";
  json::append_string(result, text);
  return result += "}]";
}

/// Whether asking again can help, and when.
std::string advice(const fault& why) {
  if (advice_of(why.code) == retry_advice::never)
    return {};
  return " Ask again in " + std::to_string(retry_after_seconds(why)) + " s.";
}

} // namespace

tool_result structured_result(std::string_view object, std::string_view text) {
  tool_result result;
  json::object_writer root{result.members};
  root.raw("content", text_content(text.empty() ? object : text));
  root.raw("structuredContent", object);
  return result;
}

tool_result failed_call(std::string_view why) {
  tool_result result;
  result.failed = true;
  json::object_writer root{result.members};
  root.raw("content", text_content(why));
  root.raw("isError", "true");
  return result;
}

tool_result failed_call(const fault& why, std::string_view before) {
  std::string text{before};
  if (!text.empty())
    text += ' ';
  // What the arguments are wrong in needs no family of faults before it.
  if (advice_of(why.code) == retry_advice::never && !why.detail.empty()
      && category_of(why.code) == "validation") {
    text += static_cast<char>(why.detail[0] & ~0x20);
    (text += why.detail.substr(1)) += '.';
  } else {
    text += sentence_of(why) + advice(why);
  }
  ((text += " (") += name_of(why.code)) += ')';
  return failed_call(text);
}

} // namespace caisson::protocol::mcp
