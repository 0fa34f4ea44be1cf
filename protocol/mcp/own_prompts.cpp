#include "protocol/mcp/own_prompts.hpp"

#include <algorithm>
#include <map>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

struct argument {
  std::string_view name;
  std::string_view description;
  bool required = false;
  std::vector<std::string_view> values = {}; ///< to be proposed
};

constexpr std::string_view summary_name = "summarize_conversation";

using given = std::map<std::string, std::string, std::less<>>;

struct prompt {
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::vector<argument> arguments;
  std::string (*write)(const given&);
};

std::string_view value_of(const given& all, std::string_view name) {
  const auto found = all.find(name);
  return found == all.end() ? std::string_view{} : found->second;
}

/// A text of the client's between marks, so that it is not taken for ours.
void append_quoted(std::string& to, std::string_view mark,
                   std::string_view text) {
  ((to += "\n\n<") += mark) += ">\n";
  ((to += text) += "\n</") += mark;
  to += '>';
}

std::string code_review(const given& all) {
  std::string text = "Review this code";
  if (const auto language = value_of(all, "language"); !language.empty())
    (text += ", written in ") += language;
  text += ". Name each defect with its place, why it is one, and how to mend "
          "it; the worst first. Say so if there is none.";
  if (const auto focus = value_of(all, "focus"); !focus.empty())
    ((text += " Look above all at ") += focus) += '.';
  append_quoted(text, "code", value_of(all, "code"));
  return text;
}

std::string summarize_conversation(const given& all) {
  const auto style = value_of(all, "style");
  std::string text = "Summarize this conversation ";
  text += style == "bullets"        ? "as a list of its points"
          : style == "action_items" ? "as a list of what was agreed to be "
                                      "done, by whom and until when"
                                    : "in one paragraph";
  text += ". Keep names, numbers and decisions; add nothing.";
  append_quoted(text, "conversation", value_of(all, "conversation"));
  return text;
}

/// One or the other.
bool has_conversation(const given& all) {
  return value_of(all, "conversation").empty()
         != value_of(all, "thread").empty();
}

std::string debug_error(const given& all) {
  std::string text = "Find the cause of this error. Say what it means, which "
                     "causes are possible, the likeliest first, how to tell "
                     "them apart, and how to mend each.";
  append_quoted(text, "error", value_of(all, "error"));
  if (const auto code = value_of(all, "code"); !code.empty())
    append_quoted(text, "code", code);
  if (const auto tried = value_of(all, "tried"); !tried.empty())
    append_quoted(text, "tried", tried);
  return text;
}

const std::vector<prompt>& prompts() {
  static const std::vector<prompt> all{
    {"code_review",
     "Code review",
     "Has a model look for defects in code.",
     {{"code", "The code.", true},
      {"language",
       "The language that it is written in.",
       false,
       {"bash", "c", "c++", "c#", "go", "java", "javascript", "kotlin", "php",
        "python", "ruby", "rust", "scala", "sql", "swift", "typescript"}},
      {"focus",
       "What to look at above all.",
       false,
       {"concurrency", "correctness", "performance", "readability", "security",
        "tests"}}},
     code_review},
    {summary_name,
     "Summary of a conversation",
     "Has a model say in short what was said.",
     {{"conversation", "The conversation, as a text."},
      {"thread",
       "Or one with agent_chat, by its name: the last messages of it."},
      {"style",
       "In which form; a paragraph unless told.",
       false,
       {"action_items", "bullets", "paragraph"}}},
     summarize_conversation},
    {"debug_error",
     "Cause of an error",
     "Has a model look for the cause of an error.",
     {{"error", "The error, with its stack trace if there is one.", true},
      {"code", "The code in which it occurs."},
      {"tried", "What was tried so far."}},
     debug_error},
  };
  return all;
}

const prompt* find(std::string_view name) noexcept {
  const auto& all = prompts();
  const auto at = std::find_if(all.begin(), all.end(),
                               [=](auto& one) { return one.name == name; });
  return at == all.end() ? nullptr : &*at;
}

std::string definition_of(const prompt& what) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("name", what.name);
    root.string("title", what.title);
    root.string("description", what.description);
    auto& list = root.key("arguments");
    list += '[';
    for (const auto& one : what.arguments) {
      if (!list.ends_with('['))
        list += ',';
      json::object_writer into{list};
      into.string("name", one.name);
      into.string("description", one.description);
      into.raw("required", one.required ? "true" : "false");
    }
    list += ']';
  }
  return text;
}

checked<given> read_arguments(const prompt& what, std::string_view arguments) {
  given all;
  if (!arguments.empty()) {
    bj::error_code failed;
    const auto read = bj::parse(arguments, failed);
    if (failed || !read.is_object())
      return invalid_params("arguments must be an object.");
    for (const auto& [name, value] : read.get_object()) {
      if (!value.is_string())
        return invalid_params("every argument must be a string.");
      all.emplace(name, value.get_string());
    }
  }
  for (const auto& one : what.arguments)
    if (one.required && value_of(all, one.name).empty())
      return invalid_params("the argument " + std::string{one.name}
                            + " is required.");
  if (what.write == summarize_conversation && !has_conversation(all))
    return invalid_params("one of the arguments conversation and thread is "
                          "required.");
  return all;
}

std::string write_prompt(const prompt& what, const given& all) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("description", what.description);
    auto& messages = root.key("messages");
    messages += '[';
    {
      json::object_writer message{messages};
      message.string("role", "user");
      auto content = message.object("content");
      content.string("type", "text");
      content.string("text", what.write(all));
    }
    messages += ']';
  }
  return text;
}

} // namespace

std::vector<offer> own_prompts() {
  std::vector<offer> all;
  for (const auto& one : prompts())
    all.push_back({std::string{one.name}, definition_of(one)});
  return all;
}

checked<std::string> get_own_prompt(std::string_view name,
                                    std::string_view arguments) {
  const auto* const what = find(name);
  if (!what)
    return invalid_params("there is no prompt of that name.");
  const auto all = read_arguments(*what, arguments);
  if (!all)
    return all.error();
  if (!value_of(*all, "thread").empty())
    return invalid_params("a thread is not to be asked for in an array.");
  return write_prompt(*what, *all);
}

std::optional<thread_summary> summary_of_thread(std::string_view name,
                                                std::string_view arguments) {
  if (name != summary_name)
    return std::nullopt;
  const auto all = read_arguments(*find(name), arguments);
  if (!all || value_of(*all, "thread").empty())
    return std::nullopt;
  return thread_summary{std::string{value_of(*all, "thread")},
                        std::string{value_of(*all, "style")}};
}

checked<std::string> write_summary(const thread_summary& what,
                                   const conversation_page& said) {
  if (!said.of)
    return invalid_params("there is no conversation of that name.");
  std::string text;
  for (const auto& one : said.messages) {
    text += text.empty() ? "" : "\n\n";
    text += one.who == author::user ? "user: " : "assistant: ";
    text += one.text;
  }
  return write_prompt(*find(summary_name),
                      {{"conversation", text}, {"style", what.style}});
}

std::optional<std::vector<std::string_view>>
own_prompt_values(std::string_view name, std::string_view argument) {
  if (const auto* const what = find(name))
    for (const auto& one : what->arguments)
      if (one.name == argument)
        return one.values;
  return std::nullopt;
}

} // namespace caisson::protocol::mcp
