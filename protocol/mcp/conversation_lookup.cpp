#include "protocol/mcp/conversation_lookup.hpp"

#include <charconv>
#include <chrono>
#include <optional>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

// -- arguments ----------------------------------------------------------------

/// What of both calls may stand there.
struct given {
  std::optional<std::string> thread;
  std::optional<std::string> query;
  std::optional<std::string> cursor;
  std::optional<std::uint32_t> limit;
};

constexpr std::size_t longest_query = 200;

/// What is wrong with an argument, or nothing.
std::string_view take(given& into, std::string_view name,
                      const bj::value& value, bool search) {
  const auto* const text = value.if_string();
  if (name == "cursor") {
    if (!text)
      return "cursor must be a string.";
    into.cursor = std::string{*text};
  } else if (name == "limit") {
    const auto* const number = value.if_int64();
    const std::int64_t most = search ? 50 : 100;
    if (!number || *number < 1 || *number > most)
      return search ? "limit must be an integer from 1 to 50."
                    : "limit must be an integer from 1 to 100.";
    into.limit = static_cast<std::uint32_t>(*number);
  } else if (search && name == "query") {
    if (!text || text->size() > longest_query)
      return "query must be a string of at most 200 bytes.";
    into.query = std::string{*text};
  } else if (!search && name == "thread") {
    if (!text || text->empty() || text->size() > longest_thread)
      return "thread must be a string of 1 to 64 characters.";
    into.thread = std::string{*text};
  } else {
    return search ? "there are no arguments but query, cursor and limit."
                  : "there are no arguments but thread, cursor and limit.";
  }
  return {};
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, number);
  if (wrong != std::errc{} || stop != end || number < 0)
    return std::nullopt;
  return number;
}

std::optional<conversation_mark> mark_in(std::string_view cursor) {
  const auto point = cursor.find('.');
  if (point == cursor.npos)
    return std::nullopt;
  const auto updated = number_in(cursor.substr(0, point));
  const auto number = number_in(cursor.substr(point + 1));
  if (!updated || !number)
    return std::nullopt;
  return conversation_mark{*updated, *number};
}

std::vector<std::string> words_in(std::string_view query) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string> words;
  while (!query.empty()) {
    query.remove_prefix(
      std::min(query.find_first_not_of(blanks), query.size()));
    const auto word = query.substr(0, query.find_first_of(blanks));
    if (!word.empty())
      words.emplace_back(word);
    query.remove_prefix(word.size());
  }
  return words;
}

std::variant<conversation_question, std::string> reading(const given& what,
                                                         std::string owner) {
  if (!what.thread)
    return "thread is required.";
  read_conversation made{{std::move(owner), *what.thread}, 0, 50};
  if (what.cursor) {
    const auto from = number_in(*what.cursor);
    if (!from || *from > std::numeric_limits<std::uint32_t>::max())
      return "cursor is none of this conversation's.";
    made.from = static_cast<std::uint32_t>(*from);
  }
  made.limit = what.limit.value_or(made.limit);
  conversation_question question;
  question.what = std::move(made);
  return question;
}

std::variant<conversation_question, std::string> finding(const given& what,
                                                         std::string owner) {
  find_conversations made{std::move(owner), words_in(what.query.value_or("")),
                          10, std::nullopt};
  if (what.cursor) {
    made.behind = mark_in(*what.cursor);
    if (!made.behind)
      return "cursor is none of this search's.";
  }
  made.limit = what.limit.value_or(made.limit);
  conversation_question question;
  question.what = std::move(made);
  return question;
}

// -- results ------------------------------------------------------------------

/// RFC 3339, in UTC.
std::string date_of(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{unix_ms}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  char text[32];
  const auto size = std::snprintf(
    text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()),
    static_cast<int>(time.subseconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

void append_head(json::object_writer& to, const conversation_head& what) {
  to.string("thread", what.thread);
  to.string("title", what.title);
  to.string("created", date_of(what.created));
  to.string("updated", date_of(what.updated));
  to.number("messages", what.messages);
}

tool_result write_page(const conversation_page& page) {
  if (!page.of)
    return failed_call("There is no conversation of that name.");
  std::string text;
  {
    json::object_writer root{text};
    append_head(root, *page.of);
    auto& list = root.key("page");
    list += '[';
    for (const auto& one : page.messages) {
      if (!list.ends_with('['))
        list += ',';
      json::object_writer message{list};
      message.string("role", one.who == author::user ? "user" : "assistant");
      message.string("text", one.text);
      message.string("at", date_of(one.at));
    }
    list += ']';
    const auto next = page.from + page.messages.size();
    if (!page.messages.empty() && next < page.of->messages)
      root.string("nextCursor", std::to_string(next));
  }
  return structured_result(text);
}

tool_result write_list(const conversation_list& found) {
  std::string text;
  {
    json::object_writer root{text};
    auto& list = root.key("conversations");
    list += '[';
    for (const auto& one : found.list) {
      if (!list.ends_with('['))
        list += ',';
      json::object_writer into{list};
      append_head(into, one.what);
      into.string("excerpt", one.excerpt);
    }
    list += ']';
    if (found.next)
      root.string("nextCursor", std::to_string(found.next->updated) + '.'
                                  + std::to_string(found.next->number));
  }
  return structured_result(text);
}

} // namespace

std::variant<conversation_question, std::string>
read_conversation_call(std::string_view tool, std::string_view arguments,
                       std::string_view owner) {
  const auto search = tool == conversation_search_name;
  given all;
  if (!arguments.empty()) {
    bj::error_code failed;
    const auto read = bj::parse(arguments, failed);
    if (failed || !read.is_object())
      return "the arguments must be an object.";
    for (const auto& [name, value] : read.get_object())
      if (const auto flaw = take(all, name, value, search); !flaw.empty())
        return std::string{flaw};
  }
  return search ? finding(all, std::string{owner})
                : reading(all, std::string{owner});
}

tool_result conversation_result(const conversation_answer& said) {
  if (const auto* const page = std::get_if<conversation_page>(&said))
    return write_page(*page);
  if (const auto* const list = std::get_if<conversation_list>(&said))
    return write_list(*list);
  return failed_call("The storage has answered something else.");
}

} // namespace caisson::protocol::mcp
