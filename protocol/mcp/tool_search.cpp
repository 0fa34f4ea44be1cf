#include "protocol/mcp/tool_search.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

constexpr std::string_view definition
  = R"({"name":"search_tools","title":"Search tools",)"
    R"("description":"Finds tools of this server by words and category. Begin )"
    R"(with names or summaries, then ask for the full definition of those that )"
    R"(fit.","inputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("query":{"type":"string","maxLength":200,"description":"Words that must )"
    R"(all occur in the name, the title or the description; empty for all )"
    R"(tools.","default":""},)"
    R"("category":{"type":"string","description":"Only tools of this category: )"
    R"(the server that a tool comes from."},)"
    R"("detail":{"type":"string","enum":["name","summary","full"],)"
    R"("default":"summary","description":"Names alone, with titles and )"
    R"(descriptions, or with the schemas too."},)"
    R"("limit":{"type":"integer","minimum":1,"maximum":100,"default":20,)"
    R"("description":"The most tools to be told of."}},)"
    R"("additionalProperties":false},"outputSchema":{)"
    R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("total":{"type":"integer","description":"How many tools fit."},)"
    R"("tools":{"type":"array","items":{"type":"object","properties":{)"
    R"("name":{"type":"string"},"title":{"type":"string"},)"
    R"("description":{"type":"string"},"category":{"type":"string"},)"
    R"("definition":{"type":"object","description":"The tool as tools/list )"
    R"(has it."}},"required":["name"]}}},"required":["total","tools"]},)"
    R"("annotations":{"title":"Search tools","readOnlyHint":true,)"
    R"("destructiveHint":false,"idempotentHint":true,"openWorldHint":false}})";

enum class detail : std::uint8_t { name, summary, full };

struct search {
  std::vector<std::string> words; ///< in lower case
  std::optional<std::string> category;
  detail level = detail::summary;
  std::size_t limit = 20;
};

constexpr std::size_t longest_query = 200;
constexpr std::int64_t most_found = 100;

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return result;
}

std::vector<std::string> words_of(std::string_view query) {
  std::vector<std::string> words;
  const auto text = lowered(query);
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = text.find_first_not_of(" \t\r\n", at);
    if (begin == text.npos)
      break;
    at = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

/// Takes one argument; what is wrong with it, or nothing.
std::string_view take(search& into, std::string_view name,
                      const bj::value& value) {
  if (name == "query") {
    if (!value.is_string() || value.get_string().size() > longest_query)
      return "query must be a string of at most 200 bytes.";
    into.words = words_of(value.get_string());
  } else if (name == "category") {
    if (!value.is_string())
      return "category must be a string.";
    into.category = std::string{value.get_string()};
  } else if (name == "detail") {
    constexpr std::string_view levels[]{"name", "summary", "full"};
    const auto* const found
      = value.is_string() ? std::find(std::begin(levels), std::end(levels),
                                      std::string_view{value.get_string()})
                          : std::end(levels);
    if (found == std::end(levels))
      return "detail must be name, summary or full.";
    into.level = static_cast<detail>(found - std::begin(levels));
  } else if (name == "limit") {
    const auto* const number = value.if_int64();
    if (!number || *number < 1 || *number > most_found)
      return "limit must be an integer from 1 to 100.";
    into.limit = static_cast<std::size_t>(*number);
  } else {
    return "there are no arguments but query, category, detail and limit.";
  }
  return {};
}

/// How well a tool fits: a word in its name counts most. 0: it does not.
unsigned fit(const tool_offer& tool, const search& by) {
  if (by.category && *by.category != tool.category)
    return 0;
  const auto name = lowered(tool.name);
  const auto title = lowered(tool.title);
  const auto description = lowered(tool.description);
  unsigned score = 1;
  for (const auto& word : by.words) {
    const unsigned gain = name.find(word) != name.npos                 ? 4
                          : title.find(word) != title.npos             ? 2
                          : description.find(word) != description.npos ? 1
                                                                       : 0;
    if (gain == 0)
      return 0;
    score += gain;
  }
  return score;
}

/// The tools that fit, the best first, else in the catalogue's order.
std::vector<const tool_offer*> find(const catalogue& all, const search& by) {
  std::vector<std::pair<unsigned, const tool_offer*>> scored;
  for (const auto& tool : all.tools)
    if (const auto score = fit(tool, by))
      scored.emplace_back(score, &tool);
  std::stable_sort(scored.begin(), scored.end(),
                   [](auto& a, auto& b) { return a.first > b.first; });
  std::vector<const tool_offer*> found;
  found.reserve(scored.size());
  for (const auto& [score, tool] : scored)
    found.push_back(tool);
  return found;
}

void append_tool(std::string& out, const tool_offer& tool, detail level) {
  json::object_writer one{out};
  one.string("name", tool.name);
  if (level == detail::name)
    return;
  one.string("title", tool.title);
  one.string("description", tool.description);
  one.string("category", tool.category);
  if (level == detail::full)
    one.raw("definition", tool.definition);
}

std::string write_found(const std::vector<const tool_offer*>& found,
                        const search& by) {
  std::string text;
  {
    json::object_writer root{text};
    root.number("total", found.size());
    auto& list = root.key("tools");
    list += '[';
    for (std::size_t i = 0; i < std::min(by.limit, found.size()); ++i) {
      if (i > 0)
        list += ',';
      append_tool(list, *found[i], by.level);
    }
    list += ']';
  }
  return text;
}

} // namespace

tool_offer search_tools_offer() {
  return {"search_tools", "Search tools",
          "Finds tools of this server by words and category.", "caisson",
          std::string{definition}};
}

tool_result search_tools(const catalogue& all, std::string_view arguments) {
  search by;
  if (!arguments.empty()) {
    bj::error_code failed;
    const auto read = bj::parse(arguments, failed);
    if (failed || !read.is_object())
      return failed_call("The arguments must be an object.");
    for (const auto& [name, value] : read.get_object())
      if (const auto flaw = take(by, name, value); !flaw.empty())
        return failed_call(flaw);
  }
  return structured_result(write_found(find(all, by), by));
}

} // namespace caisson::protocol::mcp
