#include "protocol/mcp/param_headers.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "protocol/http/head.hpp"
#include "protocol/http/strict.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/mcp/standard_headers.hpp"

namespace caisson::protocol::mcp {
namespace {

using boost::json::value;

std::optional<value> parse(std::string_view text) {
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.max_depth = json::max_depth;
  auto result = boost::json::parse(text, failed, {}, options);
  if (failed)
    return std::nullopt;
  return result;
}

/// Walks a schema down its `properties`; false when a mark is unfit.
class schema_walk {
public:
  bool visit(const value& schema) {
    const auto* object = schema.if_object();
    const auto* found = object ? object->if_contains("properties") : nullptr;
    const auto* properties = found ? found->if_object() : nullptr;
    if (!properties)
      return true;
    return std::all_of(properties->begin(), properties->end(),
                       [this](const auto& property) {
                         path_.emplace_back(property.key());
                         const bool fit = take(property.value());
                         path_.pop_back();
                         return fit;
                       });
  }

  std::vector<mirrored_argument> found;

private:
  bool take(const value& schema) {
    const auto* object = schema.if_object();
    const auto* mark = object ? object->if_contains("x-mcp-header") : nullptr;
    if (!mark)
      return visit(schema);
    const auto* type = object->if_contains("type");
    if (!mark->is_string() || !type || !type->is_string())
      return false;
    mirrored_argument result;
    result.path = path_;
    const std::string_view name = mark->get_string();
    const std::string_view kind = type->get_string();
    if (!token(name) || !kind_of(kind, result.type))
      return false;
    result.header = "Mcp-Param-" + std::string{name};
    if (taken(result.header))
      return false;
    found.push_back(std::move(result));
    return true;
  }

  bool taken(std::string_view header) const {
    return std::any_of(found.begin(), found.end(), [=](const auto& other) {
      return http::iequals(other.header, header);
    });
  }

  static bool token(std::string_view name) {
    return !name.empty()
           && std::all_of(name.begin(), name.end(), http::token_char);
  }

  static bool kind_of(std::string_view name, mirrored_argument::kind& type) {
    using kind = mirrored_argument::kind;
    if (name == "string")
      type = kind::string;
    else if (name == "integer")
      type = kind::integer;
    else if (name == "boolean")
      type = kind::boolean;
    else
      return false;
    return true;
  }

  std::vector<std::string> path_;
};

const value* at_path(const value& arguments,
                     const std::vector<std::string>& path) {
  const auto* at = &arguments;
  for (const auto& step : path) {
    const auto* object = at->if_object();
    at = object ? object->if_contains(step) : nullptr;
    if (!at)
      return nullptr;
  }
  return at->is_null() ? nullptr : at;
}

template <class T>
bool equals_number(std::string_view text, T expected) {
  T number{};
  const auto [end, failed]
    = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size()
         && number == expected;
}

/// Whether the text of a header is that value. An argument of another type
/// than the schema's is compared by its own: the tool will refuse it.
bool says(std::string_view text, const value& expected) {
  switch (expected.kind()) {
    case boost::json::kind::string:
      return text == std::string_view{expected.get_string()};
    case boost::json::kind::bool_:
      return text == (expected.get_bool() ? "true" : "false");
    case boost::json::kind::int64:
      return equals_number(text, expected.get_int64())
             || equals_number(text, static_cast<double>(expected.get_int64()));
    case boost::json::kind::uint64:
      return equals_number(text, expected.get_uint64());
    case boost::json::kind::double_:
      return equals_number(text, expected.get_double());
    default:
      return false;
  }
}

} // namespace

std::optional<std::vector<mirrored_argument>>
mirrored_arguments(std::string_view input_schema) {
  const auto schema = parse(input_schema);
  schema_walk walk;
  if (!schema || !walk.visit(*schema))
    return std::nullopt;
  return std::move(walk.found);
}

std::optional<rpc_error>
check_param_headers(const std::vector<mirrored_argument>& mirrored,
                    std::string_view arguments, const header_lookup& header) {
  if (mirrored.empty())
    return std::nullopt;
  const auto parsed = parse(arguments.empty() ? "{}" : arguments);
  for (const auto& one : mirrored) {
    const auto* expected = parsed ? at_path(*parsed, one.path) : nullptr;
    const auto sent = header(one.header);
    if (!expected && !sent)
      continue;
    if (!sent)
      return header_mismatch(one.header + " is missing.");
    if (!expected)
      return header_mismatch(one.header + " has no argument in the body.");
    const auto text = decode_header(*sent);
    if (!text)
      return header_mismatch(one.header + " is not well-formed.");
    if (!says(*text, *expected))
      return header_mismatch(one.header + " says another than the body.");
  }
  return std::nullopt;
}

header_list param_headers(const std::vector<mirrored_argument>& mirrored,
                          std::string_view arguments) {
  header_list fields;
  if (mirrored.empty())
    return fields;
  const auto parsed = parse(arguments.empty() ? "{}" : arguments);
  for (const auto& one : mirrored) {
    const auto* const said = parsed ? at_path(*parsed, one.path) : nullptr;
    if (!said || said->is_object() || said->is_array())
      continue;
    fields.emplace_back(one.header,
                        encode_header(said->is_string()
                                        ? std::string{said->get_string()}
                                        : boost::json::serialize(*said)));
  }
  return fields;
}

} // namespace caisson::protocol::mcp
