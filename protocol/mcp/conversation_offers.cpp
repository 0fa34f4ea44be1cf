// What clients are told of the tools that read conversations.
#include "protocol/json/write.hpp"
#include "protocol/mcp/conversation_lookup.hpp"

namespace caisson::protocol::mcp {
namespace {

/// What all conversations are told by: it stands where the schemas say `@`.
constexpr std::string_view head_properties
  = R"("thread":{"type":"string","description":"What the conversation is )"
    R"(called by."},"title":{"type":"string"},)"
    R"("created":{"type":"string","format":"date-time"},)"
    R"("updated":{"type":"string","format":"date-time"},)"
    R"("messages":{"type":"integer","description":"How many it has."})";

constexpr std::string_view get_title = "Read a conversation";
constexpr std::string_view get_description
  = "Reads a conversation with agent_chat: its messages, the first ones first, "
    "page by page.";

constexpr std::string_view get_schemas
  = R"("inputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("thread":{"type":"string","minLength":1,"maxLength":64,)"
    R"("description":"The conversation, as agent_chat and conversation_search )"
    R"(call it."},)"
    R"("cursor":{"type":"string","description":"The next page: nextCursor of )"
    R"(the one before."},)"
    R"("limit":{"type":"integer","minimum":1,"maximum":100,"default":50,)"
    R"("description":"The most messages of a page."}},)"
    R"("required":["thread"],"additionalProperties":false},"outputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"(@,"page":{"type":"array","items":{"type":"object","properties":{)"
    R"("role":{"type":"string","enum":["user","assistant"]},)"
    R"("text":{"type":"string"},)"
    R"("at":{"type":"string","format":"date-time"}},)"
    R"("required":["role","text","at"]}},)"
    R"("nextCursor":{"type":"string","description":"There is more: the cursor )"
    R"(of the next page."}},)"
    R"("required":["thread","title","created","updated","messages","page"]})";

constexpr std::string_view search_title = "Search conversations";
constexpr std::string_view search_description
  = "Finds your conversations with agent_chat by the words in their messages, "
    "the one last spoken in first; without words it lists them all.";

constexpr std::string_view search_schemas
  = R"("inputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("query":{"type":"string","maxLength":200,"default":"",)"
    R"("description":"Words, or their beginnings, that must all occur in one )"
    R"(message; empty for all conversations."},)"
    R"("cursor":{"type":"string","description":"The next page: nextCursor of )"
    R"(the one before."},)"
    R"("limit":{"type":"integer","minimum":1,"maximum":50,"default":10,)"
    R"("description":"The most conversations of a page."}},)"
    R"("additionalProperties":false},"outputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("conversations":{"type":"array","items":{"type":"object",)"
    R"("properties":{)"
    R"(@,"excerpt":{"type":"string","description":"Where the words occur."}},)"
    R"("required":["thread","title","created","updated","messages"]}},)"
    R"("nextCursor":{"type":"string","description":"There is more: the cursor )"
    R"(of the next page."}},"required":["conversations"]})";

tool_offer offer_of(std::string_view name, std::string_view title,
                    std::string_view description, std::string_view schemas) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("name", name);
    root.string("title", title);
    root.string("description", description);
    const auto mark = schemas.find('@');
    ((text += ',') += schemas.substr(0, mark)) += head_properties;
    text += schemas.substr(mark + 1);
    auto hints = root.object("annotations");
    hints.string("title", title);
    hints.raw("readOnlyHint", "true");
    hints.raw("destructiveHint", "false");
    hints.raw("idempotentHint", "true");
    hints.raw("openWorldHint", "false");
  }
  return {std::string{name}, std::string{title}, std::string{description},
          "caisson", std::move(text)};
}

} // namespace

std::vector<tool_offer> conversation_offers() {
  return {
    offer_of(conversation_get_name, get_title, get_description, get_schemas),
    offer_of(conversation_search_name, search_title, search_description,
             search_schemas)};
}

} // namespace caisson::protocol::mcp
