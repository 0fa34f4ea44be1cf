#include "protocol/mcp/message.hpp"

#include <algorithm>
#include <optional>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/strict.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace ondemand = simdjson::ondemand;

/// The members of one message, before anybody asks whether they agree.
struct members {
  bool version = false;
  std::string_view id;
  bool has_id = false;
  std::optional<std::string> method;
  bool method_is_text = true;
  std::string_view params;
  std::string_view result;
  std::string_view error;
};

members collect(ondemand::object from) {
  members found;
  json::each_member(from, [&](std::string_view key, ondemand::value value) {
    if (key == "jsonrpc") {
      found.version = json::raw(value) == R"("2.0")";
    } else if (key == "id") {
      found.has_id = true;
      found.id = json::raw(value);
    } else if (key == "method") {
      std::string_view text;
      found.method_is_text = !value.get_string().get(text);
      found.method = text;
    } else if (key == "params") {
      found.params = json::raw(value);
    } else if (key == "result") {
      found.result = json::raw(value);
    } else if (key == "error") {
      found.error = json::raw(value);
    }
    return true;
  });
  return found;
}

/// A string, or an integer without fraction and exponent.
bool sound_id(std::string_view id) noexcept {
  if (id.size() > longest_id || id.empty())
    return false;
  if (id.front() == '"')
    return true;
  return id.find_first_not_of("-0123456789") == id.npos;
}

std::string_view flaw_of_response(const members& from) noexcept {
  if (!from.params.empty())
    return "a response has no params.";
  if (from.result.empty() == from.error.empty())
    return "a message has a method, a result or an error.";
  if (!from.has_id)
    return "a response needs the id it answers.";
  if (!from.error.empty() && !from.error.starts_with('{'))
    return "error must be an object.";
  return {};
}

/// What is wrong with the members together; empty when nothing is.
std::string_view flaw_of(const members& from) noexcept {
  if (!from.version)
    return R"(jsonrpc must be "2.0".)";
  if (from.has_id && !sound_id(from.id))
    return "id must be a string or an integer.";
  if (!from.method)
    return flaw_of_response(from);
  if (!from.method_is_text || from.method->empty())
    return "method must be a string.";
  if (!from.result.empty() || !from.error.empty())
    return "a message with a method has no result and no error.";
  if (!from.params.empty() && !from.params.starts_with('{'))
    return "params must be an object.";
  return {};
}

checked<message> read_message(ondemand::object from) {
  auto found = collect(from);
  if (const auto flaw = flaw_of(found); !flaw.empty()) {
    auto refusal = invalid_request(flaw);
    if (sound_id(found.id))
      refusal.id = found.id;
    return refusal;
  }
  message result;
  result.kind = !found.method  ? message_kind::response
                : found.has_id ? message_kind::request
                               : message_kind::notification;
  result.id = found.id;
  result.method = std::move(found.method).value_or("");
  result.params = found.params;
  result.result = found.result;
  result.error = found.error;
  return result;
}

checked<post_body> read_batch(ondemand::array from) {
  post_body result;
  result.batch = true;
  std::optional<rpc_error> refusal;
  json::each_element(from, [&](std::size_t index, ondemand::value value) {
    ondemand::object object;
    if (index == largest_batch) {
      refusal = invalid_request("too many messages in one array.");
    } else if (value.get_object().get(object)) {
      refusal = invalid_request("an element of the array is no message.");
    } else if (auto one = read_message(object)) {
      result.messages.push_back(std::move(*one));
    } else {
      refusal = std::move(one).error();
      // Which of many it answers would be a guess.
      refusal->id = "null";
    }
    return !refusal;
  });
  if (refusal)
    return std::move(*refusal);
  if (result.messages.empty())
    return invalid_request("the array is empty.");
  return result;
}

/// Why a body was refused that `strict_reader` does not take. Costs a second
/// reading, of what is refused only.
rpc_error why_not(const std::string& body, std::string_view sentence) {
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.max_depth = json::max_depth;
  boost::json::parse(body, failed, {}, options);
  return failed ? parse_error(sentence) : invalid_request(sentence);
}

} // namespace

checked<post_body> read_body(std::string& body) {
  json::strict_reader reader;
  if (auto flaw = reader.read(body))
    return why_not(body, flaw->detail);
  if (reader.is_object()) {
    auto one = read_message(reader.object());
    if (!one)
      return std::move(one).error();
    post_body result;
    result.messages.push_back(std::move(*one));
    return result;
  }
  simdjson::ondemand::parser parser;
  ondemand::document document;
  ondemand::array elements;
  const simdjson::padded_string_view view{body.data(), body.size(),
                                          body.size() + json::padding};
  if (parser.iterate(view).get(document) || document.get_array().get(elements))
    return invalid_request("the array cannot be read.");
  return read_batch(elements);
}

} // namespace caisson::protocol::mcp
