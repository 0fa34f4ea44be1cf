#include "protocol/openapi/document.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "protocol/http/head.hpp"
#include "protocol/openapi/references.hpp"
#include "protocol/openapi/tool.hpp"

namespace caisson::protocol::openapi {

namespace bj = boost::json;

namespace {

struct verb {
  std::string_view member;
  std::string_view name;
};

// CONNECT is none, TRACE is for nobody's tools, HEAD and OPTIONS tell nothing
// that a tool could give back.
constexpr auto verbs = std::to_array<verb>({
  {"get", "GET"},
  {"put", "PUT"},
  {"post", "POST"},
  {"delete", "DELETE"},
  {"patch", "PATCH"},
});

fault wrong(std::string why) {
  return make_fault(errc::config_invalid, std::move(why));
}

style style_of(std::string_view name, place in) {
  if (name == "spaceDelimited")
    return style::spaces;
  if (name == "pipeDelimited")
    return style::pipes;
  if (name == "deepObject")
    return style::deep;
  return in == place::query ? style::form : style::simple;
}

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  return type == "application/json" || type.ends_with("+json") || type == "*/*";
}

/// Reads one description.
class reader {
public:
  explicit reader(const bj::value& root) : root_{root} {}

  api read(const bj::object& document) {
    found_.shown = credential_of(document);
    if (const auto* paths = object_in(document, "paths"))
      for (const auto& [path, item] : *paths)
        if (const auto* of = resolved(root_, item))
          take_path(path, *of);
    return std::move(found_);
  }

private:
  void take_path(std::string_view path, const bj::object& item) {
    for (auto& [member, name] : verbs)
      if (const auto* of = object_in(item, member))
        take(path, name, item, *of);
  }

  void take(std::string_view path, std::string_view verb,
            const bj::object& item, const bj::object& of) {
    auto where = std::string{verb} + ' ' + std::string{path};
    if (found_.operations.size() >= most_operations) {
      found_.left_out.push_back(where + ": there are too many operations");
      return;
    }
    operation made;
    made.verb = verb;
    made.path = path;
    tool_source from{root_, of, {}, nullptr};
    auto reason = path.starts_with('/') ? "" : "its path does not begin with /";
    if (!*reason)
      reason = read_parameters(made, from, item, of);
    if (!*reason)
      reason = read_body(made, from, of);
    if (*reason) {
      found_.left_out.push_back(where + ": " + reason);
      return;
    }
    made.name = unique(tool_name(text_in(of, "operationId"), verb, path));
    made.definition = write_tool(made, from);
    found_.operations.push_back(std::move(made));
  }

  /// Those of the path, replaced by those of the operation with the same name
  /// in the same place. Empty: all is well.
  const char* read_parameters(operation& into, tool_source& from,
                              const bj::object& item, const bj::object& of) {
    for (const auto* list :
         {array_in(item, "parameters"), array_in(of, "parameters")})
      if (list)
        for (const auto& one : *list)
          if (const auto* reason = read_parameter(into, from, one); *reason)
            return reason;
    name_arguments(into);
    return has_path_parameters(into)
             ? ""
             : "its path names a parameter that is none";
  }

  const char* read_parameter(operation& into, tool_source& from,
                             const bj::value& what) {
    const auto* one = resolved(root_, what);
    if (!one || text_in(*one, "name").empty())
      return "a parameter of it has no name";
    parameter made;
    made.name = text_in(*one, "name");
    auto in = text_in(*one, "in");
    made.required = flag_in(*one, "required", false) || in == "path";
    if (in == "path")
      made.in = place::path;
    else if (in == "query")
      made.in = place::query;
    else if (in == "header")
      made.in = place::header;
    else
      return made.required ? "it needs a cookie" : "";
    // Those are said by whoever sends the request (OpenAPI, "Parameter
    // Object").
    if (made.in == place::header && is_own_header(made.name))
      return "";
    made.how = style_of(text_in(*one, "style"), made.in);
    made.explode = flag_in(*one, "explode", made.how == style::form);
    if (one->contains("content"))
      return made.required ? "a parameter of it is no plain value" : "";
    for (std::size_t i = 0; i < into.parameters.size(); ++i)
      if (into.parameters[i].name == made.name
          && into.parameters[i].in == made.in) {
        into.parameters[i] = std::move(made);
        from.parameters[i] = one;
        return "";
      }
    into.parameters.push_back(std::move(made));
    from.parameters.push_back(one);
    return "";
  }

  static bool is_own_header(std::string_view name) {
    return http::iequals(name, "accept") || http::iequals(name, "content-type")
           || http::iequals(name, "authorization");
  }

  /// Two of the same name are told apart by where they are.
  static void name_arguments(operation& of) {
    std::set<std::string_view> taken{body_argument};
    for (auto& one : of.parameters) {
      one.argument = one.name;
      if (!taken.insert(one.name).second)
        one.argument += one.in == place::path     ? "_in_path"
                        : one.in == place::header ? "_in_header"
                                                  : "_in_query";
    }
  }

  static bool has_path_parameters(const operation& of) {
    std::string_view rest{of.path};
    for (auto begin = rest.find('{'); begin != rest.npos;
         begin = rest.find('{')) {
      rest.remove_prefix(begin + 1);
      auto name = rest.substr(0, rest.find('}'));
      auto known = std::any_of(
        of.parameters.begin(), of.parameters.end(),
        [&](auto& one) { return one.in == place::path && one.name == name; });
      if (!known)
        return false;
    }
    return true;
  }

  const char* read_body(operation& into, tool_source& from,
                        const bj::object& of) {
    const auto* found = of.if_contains("requestBody");
    const auto* body = found ? resolved(root_, *found) : nullptr;
    if (!body)
      return "";
    into.body_required = flag_in(*body, "required", false);
    const auto* content = object_in(*body, "content");
    for (auto kind : {body_kind::json, body_kind::form, body_kind::text})
      if (content && into.body == body_kind::none)
        for (const auto& [type, media] : *content)
          if (kind_of(type) == kind) {
            into.body = kind;
            into.media_type
              = type == "*/*" ? "application/json" : std::string{type};
            from.body = media.if_object()
                          ? media.get_object().if_contains("schema")
                          : nullptr;
            break;
          }
    return into.body == body_kind::none && into.body_required
             ? "its body is neither JSON, a form nor text"
             : "";
  }

  static body_kind kind_of(std::string_view type) {
    if (is_json(type))
      return body_kind::json;
    if (type.starts_with("application/x-www-form-urlencoded"))
      return body_kind::form;
    return type.starts_with("text/") ? body_kind::text : body_kind::none;
  }

  /// The first scheme of the description that a key can satisfy.
  credential credential_of(const bj::object& document) const {
    const auto* components = object_in(document, "components");
    const auto* schemes
      = components ? object_in(*components, "securitySchemes") : nullptr;
    if (!schemes)
      return {};
    for (const auto& [name, value] : *schemes)
      if (const auto* one = resolved(root_, value))
        if (auto way = way_of(*one))
          return *way;
    return {};
  }

  static std::optional<credential> way_of(const bj::object& scheme) {
    auto type = text_in(scheme, "type");
    auto in = text_in(scheme, "in");
    std::string name{text_in(scheme, "name")};
    if (type == "http" && text_in(scheme, "scheme") == "basic")
      return credential{credential::way::basic, {}};
    if (type == "http" || type == "oauth2" || type == "openIdConnect")
      return credential{};
    if (type == "apiKey" && in == "header")
      return credential{credential::way::header, std::move(name)};
    if (type == "apiKey" && in == "query")
      return credential{credential::way::query, std::move(name)};
    return std::nullopt;
  }

  std::string unique(const std::string& name) {
    auto made = name;
    for (auto i = 2; !names_.insert(made).second; ++i) {
      auto number = '_' + std::to_string(i);
      made = name.substr(0, longest_tool_name - number.size()) + number;
    }
    return made;
  }

  const bj::value& root_;
  api found_;
  std::set<std::string> names_;
};

} // namespace

result<api> read_document(std::string_view text) {
  if (text.size() > largest_document)
    return wrong("the description is larger than 16 MiB");
  bj::error_code ec;
  bj::parse_options options;
  options.max_depth = 128;
  const auto root = bj::parse(text, ec, {}, options);
  if (ec)
    return wrong("the description is no JSON");
  const auto* document = root.if_object();
  auto version = document ? text_in(*document, "openapi") : std::string_view{};
  if (!version.starts_with("3.0") && !version.starts_with("3.1"))
    return wrong("the description is not of OpenAPI 3.0 or 3.1");
  auto found = reader{root}.read(*document);
  if (found.operations.empty())
    return wrong("the description has no operation that can be a tool");
  return found;
}

} // namespace caisson::protocol::openapi
