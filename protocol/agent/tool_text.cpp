#include "protocol/agent/tool_text.hpp"

#include "protocol/mcp/params.hpp"

namespace caisson::protocol {
namespace {

using mcp::member_of;
using mcp::text_of;

void append_line(std::string& to, std::string_view line) {
  if (!to.empty())
    to += '\n';
  to += line;
}

void append_block(std::string& to, std::string_view block) {
  const auto kind = text_of(block, "type").value_or("");
  if (kind == "text") {
    append_line(to, text_of(block, "text").value_or(""));
  } else if (kind == "resource") {
    const auto inside = member_of(block, "resource");
    const auto text = text_of(inside, "text");
    append_line(to, text ? *text
                         : '[' + text_of(inside, "uri").value_or("data") + ']');
  } else if (kind == "resource_link") {
    append_line(to, '[' + text_of(block, "uri").value_or("a resource") + ']');
  } else {
    append_line(to, '[' + (kind.empty() ? "something" : kind) + ']');
  }
}

} // namespace

tool_words words_of(std::string_view result) {
  tool_words words;
  words.failed = member_of(result, "isError") == "true";
  const auto structured = member_of(result, "structuredContent");
  const auto content = member_of(result, "content");
  if (!content.empty())
    for (const auto block : mcp::elements_of(content))
      append_block(words.text, block);
  if (words.text.empty() && !structured.empty())
    words.text = structured;
  return words;
}

} // namespace caisson::protocol
