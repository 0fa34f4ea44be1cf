// Reason for length: one shape, field by field, as a client may send it.
#include "protocol/chat_request.hpp"

#include <algorithm>
#include <array>

#include "protocol/continuation.hpp"
#include "protocol/conversation.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/own_wish.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

/// Vendors allow 4; self-hosted servers allow more.
constexpr std::size_t max_stops = 16;

constexpr std::array<std::string_view, 6> roles{
  "user", "assistant", "system", "tool", "developer", "function"};

bool is_null(ondemand::value& value) {
  return value.raw_json_token().starts_with('n');
}

/// The shape that OpenAI documents for what it requires and for what the node
/// acts upon. Reads a document that is strict JSON already, so an error of
/// simdjson can only be a wrong type.
class shape {
public:
  explicit shape(const std::string& body) : body_{body} {}

  bool read(ondemand::object root);

  fault flaw;
  std::string_view model;
  std::size_t model_begin = 0;
  std::size_t model_end = 0;
  bool stream = false;
  bool wants_usage = false;
  bool has_stream_options = false;
  bool has_cache_key = false;
  /// Offsets in the body: where the messages begin, where the first that is
  /// not the system's does, and the tools.
  std::size_t opening_begin = 0;
  std::size_t opening_end = 0;
  std::size_t tools_begin = 0;
  std::size_t tools_end = 0;
  bool exact = false;
  bool single = true;
  own_wish wish;

private:
  using check = bool (shape::*)(std::string_view key, ondemand::value value);
  struct rule {
    std::string_view key;
    check holds;
    bool may_be_null = true;
  };
  static const std::array<rule, 15> rules;

  bool member(std::string_view key, ondemand::value value);
  bool model_name(std::string_view key, ondemand::value value);
  bool message_list(std::string_view key, ondemand::value value);
  bool message(std::size_t index, ondemand::value value);
  bool stream_flag(std::string_view key, ondemand::value value);
  bool stream_options(std::string_view key, ondemand::value value);
  bool temperature(std::string_view key, ondemand::value value);
  bool positive(std::string_view key, ondemand::value value);
  bool stop(std::string_view key, ondemand::value value);
  bool list(std::string_view key, ondemand::value value);
  bool tool_list(std::string_view key, ondemand::value value);
  bool cache_key(std::string_view key, ondemand::value value);
  bool choice(std::string_view key, ondemand::value value);
  bool format(std::string_view key, ondemand::value value);
  bool cache(std::string_view key, ondemand::value value);

  bool wrong(std::string param, std::string_view expected);
  bool beyond(std::string param, std::string_view allowed);
  bool refuse(errc code, std::string param, std::string_view expected);

  std::size_t offset(const char* at) const noexcept {
    return static_cast<std::size_t>(at - body_.data());
  }

  const std::string& body_;
  bool has_messages_ = false;
};

const std::array<shape::rule, 15> shape::rules{{
  {"model", &shape::model_name, false},
  {"messages", &shape::message_list, false},
  {"stream", &shape::stream_flag},
  {"temperature", &shape::temperature},
  {"max_tokens", &shape::positive},
  {"max_completion_tokens", &shape::positive},
  {"stream_options", &shape::stream_options},
  {"stop", &shape::stop},
  {"n", &shape::positive},
  {"tools", &shape::tool_list},
  {"tool_choice", &shape::choice},
  {"response_format", &shape::format},
  {"functions", &shape::list},
  {"prompt_cache_key", &shape::cache_key},
  {own_wish::key, &shape::cache, false},
}};

bool shape::refuse(errc code, std::string param, std::string_view expected) {
  std::string detail = "'";
  detail += param;
  detail += "' must be ";
  detail += expected;
  detail += '.';
  flaw = make_fault(code, std::move(detail));
  flaw.param = std::move(param);
  return false;
}

bool shape::wrong(std::string param, std::string_view expected) {
  return refuse(errc::validation_schema, std::move(param), expected);
}

bool shape::beyond(std::string param, std::string_view allowed) {
  return refuse(errc::validation_constraint, std::move(param), allowed);
}

bool shape::read(ondemand::object root) {
  if (!json::each_member(root, [this](auto key, ondemand::value value) {
        return member(key, value);
      }))
    return false;
  if (model.empty())
    return wrong("model", "the name of a model");
  return has_messages_ || wrong("messages", "an array of messages");
}

bool shape::member(std::string_view key, ondemand::value value) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](auto& row) { return row.key == key; });
  if (found == rules.end())
    return true;
  if (key == "stream_options")
    has_stream_options = true;
  if (found->may_be_null && is_null(value))
    return true;
  return (this->*found->holds)(key, value);
}

bool shape::model_name(std::string_view key, ondemand::value value) {
  const auto token = json::trim(value.raw_json_token());
  if (value.get_string().get(model))
    return wrong(std::string{key}, "a string");
  if (model.empty())
    return beyond(std::string{key}, "the name of a model, not empty");
  model_begin = offset(token.data());
  model_end = model_begin + token.size();
  return true;
}

bool shape::message_list(std::string_view key, ondemand::value value) {
  ondemand::array messages;
  if (value.get_array().get(messages))
    return wrong(std::string{key}, "an array of messages");
  std::size_t count = 0;
  if (!json::each_element(messages, [&](auto index, ondemand::value element) {
        ++count;
        return message(index, element);
      }))
    return false;
  has_messages_ = true;
  return count > 0
         || beyond(std::string{key}, "an array of messages, not empty");
}

bool shape::message(std::size_t index, ondemand::value value) {
  const auto name = [&](std::string_view field) {
    return "messages[" + std::to_string(index) + "]" + std::string{field};
  };
  const auto begin = offset(value.raw_json_token().data());
  ondemand::object fields;
  if (value.get_object().get(fields))
    return wrong(name(""), "an object");
  std::string_view role;
  bool has_role = false;
  const auto ok = json::each_member(fields, [&](auto key, ondemand::value of) {
    if (key != "role")
      return true;
    has_role = !of.get_string().get(role);
    return has_role;
  });
  if (!ok || !has_role)
    return wrong(name(".role"), "a string");
  if (std::find(roles.begin(), roles.end(), role) == roles.end())
    return beyond(name(".role"),
                  "system, developer, user, assistant, tool or function");
  if (index == 0)
    opening_begin = begin;
  if (opening_end == 0 && role != "system" && role != "developer")
    opening_end = begin;
  return true;
}

bool shape::stream_flag(std::string_view key, ondemand::value value) {
  return !value.get_bool().get(stream) || wrong(std::string{key}, "a boolean");
}

bool shape::stream_options(std::string_view key, ondemand::value value) {
  ondemand::object options;
  if (value.get_object().get(options))
    return wrong(std::string{key}, "an object");
  return json::each_member(options, [this](auto name, ondemand::value flag) {
    return name != "include_usage" || is_null(flag)
           || !flag.get_bool().get(wants_usage)
           || wrong("stream_options.include_usage", "a boolean");
  });
}

bool shape::temperature(std::string_view key, ondemand::value value) {
  double degree = 0;
  if (value.get_double().get(degree))
    return wrong(std::string{key}, "a number");
  exact = degree == 0;
  return (degree >= 0 && degree <= 2)
         || beyond(std::string{key}, "between 0 and 2");
}

bool shape::positive(std::string_view key, ondemand::value value) {
  std::int64_t count = 0;
  if (value.get_int64().get(count))
    return wrong(std::string{key}, "an integer");
  if (key == "n")
    single = count == 1;
  return count >= 1 || beyond(std::string{key}, "at least 1");
}

bool shape::cache(std::string_view, ondemand::value value) {
  wish.note(body_, value);
  return true;
}

bool shape::stop(std::string_view key, ondemand::value value) {
  std::string_view text;
  if (!value.get_string().get(text))
    return true;
  ondemand::array texts;
  if (value.get_array().get(texts))
    return wrong(std::string{key}, "a string or an array of strings");
  std::size_t count = 0;
  for (auto item : texts) {
    if (item.get_string().get(text))
      return wrong("stop[" + std::to_string(count) + "]", "a string");
    ++count;
  }
  return count <= max_stops
         || beyond(std::string{key}, "an array of at most 16 strings");
}

bool shape::list(std::string_view key, ondemand::value value) {
  ondemand::array ignored;
  return !value.get_array().get(ignored) || wrong(std::string{key}, "an array");
}

bool shape::tool_list(std::string_view key, ondemand::value value) {
  if (!value.raw_json_token().starts_with('['))
    return wrong(std::string{key}, "an array");
  const auto json = json::raw(value);
  tools_begin = offset(json.data());
  tools_end = tools_begin + json.size();
  return true;
}

/// The provider may judge what it is.
bool shape::cache_key(std::string_view, ondemand::value) {
  has_cache_key = true;
  return true;
}

bool shape::choice(std::string_view key, ondemand::value value) {
  const auto first = value.raw_json_token().front();
  return first == '"' || first == '{'
         || wrong(std::string{key}, "a string or an object");
}

bool shape::format(std::string_view key, ondemand::value value) {
  ondemand::object fields;
  if (value.get_object().get(fields))
    return wrong(std::string{key}, "an object");
  std::string_view type;
  return !fields["type"].get_string().get(type)
         || wrong("response_format.type", "a string");
}

} // namespace

chat_request::chat_request() = default;
chat_request::~chat_request() = default;

std::uint64_t chat_request::fingerprint() const noexcept {
  auto hash = std::hash<std::string>{}(body_);
  return hash == 0 ? 1 : hash;
}

bool chat_request::can_go_on(std::string_view so_far) const {
  // Only looked at while this lives: nothing is owned.
  std::shared_ptr<const chat_request> self{std::shared_ptr<void>{}, this};
  return continuation::read(so_far, std::move(self)).has_value();
}

result<std::shared_ptr<chat_request>> chat_request::make(std::string body) {
  json::strict_reader reader;
  if (auto flaw = reader.read(body))
    return std::move(*flaw);
  if (!reader.is_object())
    return make_fault(errc::validation_schema,
                      "The body must be a JSON object.");
  shape found{body};
  if (!found.read(reader.object()))
    return std::move(found.flaw);
  std::shared_ptr<chat_request> request{new chat_request};
  request->exact_ = found.exact;
  request->single_ = found.single;
  request->cache_wish_ = found.wish.said();
  request->stream_ = found.stream;
  request->wants_usage_ = found.wants_usage;
  request->has_stream_options_ = found.has_stream_options;
  request->model_ = found.model;
  const auto gap = found.wish.cut(body);
  request->model_begin_ = gap.closed(found.model_begin);
  request->model_end_ = gap.closed(found.model_end);
  request->has_cache_key_ = found.has_cache_key;
  if (found.opening_end > found.opening_begin)
    request->opening_
      = {gap.closed(found.opening_begin), gap.closed(found.opening_end)};
  request->tools_
    = {gap.closed(found.tools_begin), gap.closed(found.tools_end)};
  request->body_ = std::move(body);
  return request;
}

result<std::shared_ptr<const chat_request>>
chat_request::read(std::string body) {
  auto request = make(std::move(body));
  if (!request)
    return request.error();
  return std::move(*request);
}

result<std::shared_ptr<const chat_request>>
chat_request::read(translation from) {
  auto request = make(std::move(from.body));
  if (!request)
    return request.error();
  from.body.clear();
  (*request)->cache_wish_ = from.cache_wish;
  (*request)->origin_ = std::make_unique<translation>(std::move(from));
  return std::move(*request);
}

const conversation& chat_request::words() const {
  std::call_once(once_, [this] {
    auto words
      = std::make_unique<conversation>(read_openai_conversation(body_));
    if (origin_ && origin_->flaw)
      words->flaw = origin_->flaw;
    words_ = std::move(words);
  });
  return *words_;
}

} // namespace caisson::protocol
