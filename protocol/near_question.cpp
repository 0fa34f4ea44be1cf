#include "protocol/near_question.hpp"

#include <algorithm>
#include <array>

#include "protocol/canonical_request.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

/// Whose answers act, or are read by machines: of OpenAI's words and
/// Anthropic's.
constexpr std::array<std::string_view, 14> never{
  "tools",           "tool_choice",        "parallel_tool_calls", "functions",
  "function_call",   "web_search_options", "mcp_servers",         "container",
  "response_format", "output_format",      "output_config",       "modalities",
  "audio",           "prediction"};

constexpr std::array<std::string_view, 4> speakers{"system", "developer",
                                                   "user", "assistant"};

/// Of a message: what a turn of plain talk has none of.
constexpr std::array<std::string_view, 4> calls{"tool_calls", "tool_call_id",
                                                "function_call", "audio"};

template <class Names>
bool among(const Names& names, std::string_view key) noexcept {
  return std::find(names.begin(), names.end(), key) != names.end();
}

/// Walks a canonical request; what it finds are views of that.
class reading {
public:
  /// False: it is none whose question may be asked in other words.
  bool whole(ondemand::object root) {
    return json::each_member(root,
                             [&](std::string_view key, ondemand::value of) {
                               if (key == "messages")
                                 return messages(of);
                               return !among(never, key);
                             })
           && last_is_user_ && !token_.empty();
  }

  /// The last text, as it stands there with its quotes.
  std::string_view token() const noexcept { return token_; }
  const std::string& text() const noexcept { return text_; }

private:
  bool messages(ondemand::value of) {
    ondemand::array list;
    return of.get_array().get(list) == SUCCESS
           && json::each_element(
             list, [&](auto, ondemand::value one) { return message(one); });
  }

  bool message(ondemand::value of) {
    token_ = {};
    last_is_user_ = false;
    ondemand::object members;
    return of.get_object().get(members) == SUCCESS
           && json::each_member(
             members, [&](std::string_view key, ondemand::value member) {
               if (key == "content")
                 return content(member);
               return key == "role" ? role(member) : !among(calls, key);
             });
  }

  bool role(ondemand::value of) {
    std::string_view name;
    if (of.get_string().get(name) != SUCCESS || !among(speakers, name))
      return false;
    last_is_user_ = name == "user";
    return true;
  }

  bool content(ondemand::value of) {
    auto first = of.raw_json_token();
    if (first.starts_with('"'))
      return take(of);
    ondemand::array parts;
    return first.starts_with('[') && of.get_array().get(parts) == SUCCESS
           && json::each_element(
             parts, [&](auto, ondemand::value one) { return part(one); });
  }

  bool part(ondemand::value of) {
    ondemand::object members;
    auto is_text = false;
    return of.get_object().get(members) == SUCCESS
           && json::each_member(
             members,
             [&](std::string_view key, ondemand::value member) {
               if (key == "text")
                 return take(member);
               std::string_view type;
               if (key == "type")
                 is_text
                   = member.get_string().get(type) == SUCCESS && type == "text";
               return true;
             })
           && is_text;
  }

  bool take(ondemand::value of) {
    token_ = json::trim(of.raw_json_token());
    std::string_view said;
    if (of.get_string().get(said) != SUCCESS)
      return false;
    text_ = said;
    return true;
  }

  std::string_view token_;
  std::string text_;
  bool last_is_user_ = false;
};

} // namespace

std::string numbers_in(std::string_view text) {
  std::string out;
  auto within = false;
  for (auto c : text) {
    auto digit = c >= '0' && c <= '9';
    if (digit && !within && !out.empty())
      out += ' ';
    if (digit)
      out += c;
    within = digit;
  }
  return out;
}

std::optional<near_question> near_question_of(const chat_request& request) {
  auto words = canonical(request);
  // A line before the request says whose dialect it is.
  auto line = words.find('\n');
  auto head = words.substr(0, line == words.npos ? 0 : line + 1);
  words.erase(0, head.size());
  json::strict_reader reader;
  reading found;
  if (reader.read(words) || !reader.is_object() || !found.whole(reader.object())
      || found.text().empty() || found.text().size() > near_question::longest)
    return std::nullopt;
  near_question out;
  out.text = found.text();
  auto begin = static_cast<std::size_t>(found.token().data() - words.data());
  auto end = begin + found.token().size();
  (out.rest = head).append(words, 0, begin).append(words, end);
  (out.rest += '\n') += numbers_in(out.text);
  return out;
}

} // namespace caisson::protocol
