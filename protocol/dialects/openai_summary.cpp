#include "protocol/dialects/openai_summary.hpp"

#include "protocol/dialects/json_scratch.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

/// A delta holds a token if anything but its role has a value.
bool is_token(std::string_view key, ondemand::value value) {
  if (key == "role")
    return false;
  bool null = false;
  std::string_view text;
  ondemand::array list;
  bool empty = false;
  ondemand::json_type type;
  if (value.type().get(type) != SUCCESS)
    return false;
  switch (type) {
    case ondemand::json_type::null:
      return value.is_null().get(null) != SUCCESS;
    case ondemand::json_type::string:
      return value.get_string().get(text) == SUCCESS && !text.empty();
    case ondemand::json_type::array:
      return value.get_array().get(list) == SUCCESS
             && list.is_empty().get(empty) == SUCCESS && !empty;
    default:
      return true;
  }
}

bool delta_has_token(ondemand::object delta) {
  for (auto field : delta) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != SUCCESS
        || field.value().get(value) != SUCCESS)
      return false;
    if (is_token(key, value))
      return true;
  }
  return false;
}

bool any_token(ondemand::array choices) {
  for (auto choice : choices) {
    ondemand::object delta;
    if (choice.find_field("delta").get_object().get(delta) == SUCCESS
        && delta_has_token(delta))
      return true;
  }
  return false;
}

void read_usage(ondemand::object from, openai_summary& into) {
  into.has_usage = true;
  auto& usage = into.usage;
  usage.known = true;
  for (auto field : from) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != SUCCESS
        || field.value().get(value) != SUCCESS)
      return;
    std::uint64_t count = 0;
    if (key == "prompt_tokens_details") {
      ondemand::object details;
      if (value.get_object().get(details) == SUCCESS
          && details.find_field("cached_tokens").get_uint64().get(count)
               == SUCCESS)
        usage.cached_input = count;
    } else if (key == "prompt_tokens") {
      if (value.get_uint64().get(count) == SUCCESS)
        usage.input = count;
    } else if (key == "completion_tokens") {
      if (value.get_uint64().get(count) == SUCCESS)
        usage.output = count;
    }
  }
}

/// Takes a member in; false if its type is wrong.
bool read_member(std::string_view key, ondemand::value value, bool look_closer,
                 openai_summary& into) {
  if (key == "choices") {
    ondemand::array choices;
    if (value.get_array().get(choices) != SUCCESS)
      return false;
    into.has_choices = true;
    if (choices.is_empty().get(into.choices_empty) != SUCCESS)
      return false;
    if (look_closer)
      into.has_token = any_token(choices);
  } else if (key == "usage") {
    ondemand::object usage;
    if (value.get_object().get(usage) == SUCCESS)
      read_usage(usage, into);
  } else if (key == "error") {
    ondemand::json_type type;
    if (value.type().get(type) != SUCCESS)
      return false;
    into.has_error |= type != ondemand::json_type::null;
  } else if (key == "object") {
    std::string_view word;
    into.has_error
      |= value.get_string().get(word) == SUCCESS && word == "error";
  }
  return true;
}

} // namespace

bool summarize(std::string_view text, bool look_closer, openai_summary& into) {
  ondemand::document document;
  ondemand::object root;
  if (walk(text, document) != SUCCESS
      || document.get_object().get(root) != SUCCESS)
    return false;
  for (auto field : root) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != SUCCESS
        || field.value().get(value) != SUCCESS
        || !read_member(key, value, look_closer, into))
      return false;
  }
  // A second document would still be in front of the walk.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

} // namespace caisson::protocol
