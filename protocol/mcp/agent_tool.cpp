#include "protocol/mcp/agent_tool.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"
#include "protocol/mcp/conversation_lookup.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

constexpr std::string_view description
  = "Says something to the agent of this gateway. It thinks with a model, uses "
    "the tools that are offered here, and remembers the conversation.";

constexpr std::string_view definition
  = R"({"name":"agent_chat","title":"Chat with the agent",)"
    R"("description":"Says something to the agent of this gateway. It thinks )"
    R"(with a model, uses the tools that are offered here, and remembers the )"
    R"(conversation.","inputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("message":{"type":"string","minLength":1,"maxLength":10000,)"
    R"("description":"What to say."},)"
    R"("thread":{"type":"string","minLength":1,"maxLength":64,)"
    R"("description":"The conversation to go on with, as an earlier answer )"
    R"(calls it; without it a new one begins."},)"
    R"("response_format":{"type":"string","enum":["concise","detailed"],)"
    R"("default":"concise","description":"A short answer, or a full one with )"
    R"(what was done for it."}},)"
    R"("required":["message"],"additionalProperties":false},"outputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("thread":{"type":"string","description":"What the conversation is )"
    R"(called by."},)"
    R"("answer":{"type":"string"},)"
    R"("kept":{"type":"boolean","description":"Whether the conversation could )"
    R"(be kept; if not, it is as it was before."},)"
    R"("steps":{"type":"integer","description":"How often the model was )"
    R"(asked."},)"
    R"("tokens":{"type":"object","properties":{"input":{"type":"integer"},)"
    R"("output":{"type":"integer"}},"required":["input","output"]},)"
    R"("tools":{"type":"array","items":{"type":"object","properties":{)"
    R"("name":{"type":"string"},"arguments":{"type":"string"},)"
    R"("failed":{"type":"boolean"}},"required":["name","failed"]}}},)"
    R"("required":["thread","answer","kept"]},)"
    // It does what the tools do that it uses.
    R"("annotations":{"title":"Chat with the agent","readOnlyHint":false,)"
    R"("destructiveHint":true,"idempotentHint":false,"openWorldHint":true}})";

constexpr std::size_t longest_message = 10'000;
constexpr std::size_t longest_title = 80;

/// Of UTF-8.
std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string_view take(agent_wish& into, std::string_view name,
                      const bj::value& value) {
  const auto* const text = value.if_string();
  if (name == "message") {
    if (!text || text->empty() || characters(*text) > longest_message)
      return "message must be a string of 1 to 10000 characters.";
    into.message = std::string{*text};
  } else if (name == "thread") {
    if (!text || text->empty() || text->size() > longest_thread)
      return "thread must be a string of 1 to 64 characters.";
    into.thread = std::string{*text};
  } else if (name == "response_format") {
    if (!text || (*text != "concise" && *text != "detailed"))
      return "response_format must be concise or detailed.";
    into.concise = *text == "concise";
  } else {
    return "there are no arguments but message, thread and response_format.";
  }
  return {};
}

void append_account(json::object_writer& to, const agent_account& how) {
  to.number("steps", how.steps);
  {
    auto tokens = to.object("tokens");
    tokens.number("input", how.tokens.input);
    tokens.number("output", how.tokens.output);
  }
  auto& list = to.key("tools");
  list += '[';
  for (const auto& one : how.deeds) {
    if (!list.ends_with('['))
      list += ',';
    json::object_writer deed{list};
    deed.string("name", one.what.tool);
    deed.string("arguments", one.what.arguments);
    deed.raw("failed", one.failed ? "true" : "false");
  }
  list += ']';
}

} // namespace

tool_offer agent_chat_offer() {
  return {std::string{agent_chat_name}, "Chat with the agent",
          std::string{description}, "caisson", std::string{definition}};
}

std::variant<agent_wish, std::string>
read_agent_wish(std::string_view arguments) {
  agent_wish wish;
  bj::error_code failed;
  const auto read = bj::parse(arguments.empty() ? "{}" : arguments, failed);
  if (failed || !read.is_object())
    return "the arguments must be an object.";
  for (const auto& [name, value] : read.get_object())
    if (const auto flaw = take(wish, name, value); !flaw.empty())
      return std::string{flaw};
  if (wish.message.empty())
    return "message is required.";
  return wish;
}

std::string title_of(std::string_view message) {
  std::string title;
  for (auto c : message)
    title += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  if (title.size() <= longest_title)
    return title;
  auto end = longest_title;
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0) == 0x80)
    --end;
  // Between words, where there are any.
  if (const auto blank = title.rfind(' ', end); blank != 0 && blank < end)
    end = blank;
  return title.substr(0, end) + "…";
}

tool_result agent_result(const agent_wish& what, std::string_view thread,
                         const agent_answer& said) {
  std::string object;
  {
    json::object_writer root{object};
    root.string("thread", thread);
    root.string("answer", said.text);
    root.raw("kept", said.unkept ? "false" : "true");
    if (!what.concise)
      append_account(root, said.how);
  }
  return structured_result(object, said.text);
}

tool_result agent_failure(const fault& why, const agent_account& so_far) {
  std::string before;
  if (so_far.steps > 1 || !so_far.deeds.empty()) {
    before
      = "The agent gave up in step " + std::to_string(so_far.steps) + ", after "
        + std::to_string(so_far.deeds.size())
        + (so_far.deeds.size() == 1 ? " call of a tool" : " calls of tools");
    for (std::size_t i = 0; i < so_far.deeds.size(); ++i)
      (before += i == 0 ? ": " : ", ") += so_far.deeds[i].what.tool;
    before += '.';
  }
  return failed_call(why, before);
}

std::string sentence_of_step(std::uint32_t step) {
  return "Asking the model, step " + std::to_string(step);
}

std::string sentence_of_step(const std::vector<tool_wish>& tools) {
  std::string text = "Calling ";
  for (const auto& one : tools) {
    if (&one != &tools.front())
      text += ", ";
    text += one.tool;
  }
  return text;
}

} // namespace caisson::protocol::mcp
