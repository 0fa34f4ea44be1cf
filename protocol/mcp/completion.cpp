#include "protocol/mcp/completion.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/http/head.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

const bj::object* object_at(const bj::value& in, std::string_view key) {
  const auto* const object = in.if_object();
  const auto* const found = object ? object->if_contains(key) : nullptr;
  return found ? found->if_object() : nullptr;
}

/// Whether there is a string at that key; it is put into its place.
bool text_at(const bj::object& in, std::string_view key, std::string& into) {
  const auto* const found = in.if_contains(key);
  if (!found || !found->is_string())
    return false;
  into = found->get_string();
  return true;
}

} // namespace

checked<completion_wish> read_completion(std::string_view params) {
  bj::error_code failed;
  const auto read = bj::parse(params.empty() ? "{}" : params, failed);
  const auto* const ref = failed ? nullptr : object_at(read, "ref");
  std::string type;
  if (!ref || !text_at(*ref, "type", type))
    return invalid_params("ref must be an object with a type.");
  completion_wish wish;
  if (type == "ref/resource")
    wish.of = completion_wish::target::resource_template;
  else if (type != "ref/prompt")
    return invalid_params("ref must be of type ref/prompt or ref/resource.");
  const bool prompt = wish.of == completion_wish::target::prompt;
  if (!text_at(*ref, prompt ? "name" : "uri", wish.name))
    return invalid_params("ref must say which prompt or resource it means.");
  const auto* const argument = object_at(read, "argument");
  if (!argument || !text_at(*argument, "name", wish.argument)
      || !text_at(*argument, "value", wish.value))
    return invalid_params("argument must have a name and a value, strings.");
  return wish;
}

std::string write_completion(const std::vector<std::string_view>& values,
                             std::string_view written) {
  std::size_t total = 0;
  std::string list = "[";
  for (const auto& value : values) {
    if (!http::iequals(value.substr(0, written.size()), written))
      continue;
    if (++total > most_completions)
      continue;
    if (total > 1)
      list += ',';
    json::append_string(list, value);
  }
  std::string text;
  {
    json::object_writer root{text};
    auto completion = root.object("completion");
    completion.raw("values", list += ']');
    completion.number("total", total);
    completion.raw("hasMore", total > most_completions ? "true" : "false");
  }
  return text;
}

} // namespace caisson::protocol::mcp
