#include "protocol/mcp/params.hpp"

#include "protocol/json/strict.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view prefix = "io.modelcontextprotocol/";

/// Visits the members of an object that stands inside a body which has been
/// read before, so there is always something behind it: at least the padding.
template <class Visit>
void visit(std::string_view object, Visit each) {
  static thread_local ondemand::parser parser;
  ondemand::document document;
  ondemand::object members;
  const simdjson::padded_string_view view{object.data(), object.size(),
                                          object.size() + json::padding};
  if (!object.starts_with('{') || parser.iterate(view).get(document)
      || document.get_object().get(members))
    return;
  json::each_member(members, each);
}

std::optional<std::string> text(ondemand::value from) {
  std::string_view found;
  if (from.get_string().get(found))
    return std::nullopt;
  return std::string{found};
}

std::string_view object(ondemand::value from) {
  const auto found = json::raw(from);
  return found.starts_with('{') ? found : std::string_view{};
}

std::string_view token(ondemand::value from) {
  const auto found = json::raw(from);
  constexpr std::string_view beginnings = "\"-0123456789";
  return !found.empty() && beginnings.find(found.front()) != beginnings.npos
           ? found
           : std::string_view{};
}

request_meta read_meta(std::string_view from) {
  request_meta result;
  result.present = !from.empty();
  visit(from, [&](std::string_view key, ondemand::value value) {
    if (key == "progressToken") {
      result.progress_token = token(value);
    } else if (key.starts_with(prefix)) {
      const auto what = key.substr(prefix.size());
      if (what == "protocolVersion") {
        result.claims = true;
        result.version = text(value);
      } else if (what == "clientCapabilities") {
        result.client_capabilities = object(value);
      } else if (what == "clientInfo") {
        result.client_info = object(value);
      } else if (what == "logLevel") {
        result.log_level = text(value);
      }
    }
    return true;
  });
  return result;
}

/// True when the member was one of those that are strings.
bool take_text(request_params& into, std::string_view key,
               ondemand::value value) {
  auto* const place = key == "name"              ? &into.name
                      : key == "uri"             ? &into.uri
                      : key == "taskId"          ? &into.task_id
                      : key == "cursor"          ? &into.cursor
                      : key == "protocolVersion" ? &into.protocol_version
                      : key == "requestState"    ? &into.request_state
                                                 : nullptr;
  if (place)
    *place = text(value);
  return place != nullptr;
}

} // namespace

const std::optional<std::string>&
request_params::named(name_source by) const noexcept {
  static const std::optional<std::string> nothing;
  switch (by) {
    case name_source::name:
      return name;
    case name_source::uri:
      return uri;
    case name_source::task_id:
      return task_id;
    case name_source::none:
      break;
  }
  return nothing;
}

request_params read_params(std::string_view params) {
  request_params result;
  std::string_view meta;
  visit(params, [&](std::string_view key, ondemand::value value) {
    if (take_text(result, key, value))
      return true;
    auto* const place = key == "_meta"            ? &meta
                        : key == "capabilities"   ? &result.capabilities
                        : key == "clientInfo"     ? &result.client_info
                        : key == "arguments"      ? &result.arguments
                        : key == "inputResponses" ? &result.input_responses
                                                  : nullptr;
    if (place)
      *place = object(value);
    return true;
  });
  // After the rest: there is one parser.
  result.meta = read_meta(meta);
  return result;
}

std::string_view member_of(std::string_view object, std::string_view name) {
  std::string_view found;
  visit(object, [&](std::string_view key, ondemand::value value) {
    if (key == name)
      found = json::raw(value);
    return key != name;
  });
  return found;
}

std::optional<std::string> text_of(std::string_view object_text,
                                   std::string_view name) {
  std::optional<std::string> found;
  visit(object_text, [&](std::string_view key, ondemand::value value) {
    if (key == name)
      found = text(value);
    return key != name;
  });
  return found;
}

void each_member_of(
  std::string_view object_text,
  const std::function<void(std::string_view, std::string_view)>& each) {
  // After the walk: there is one parser, and keys are views of its buffer.
  std::vector<std::pair<std::string, std::string_view>> all;
  visit(object_text, [&](std::string_view key, ondemand::value value) {
    all.emplace_back(key, json::raw(value));
    return true;
  });
  for (const auto& [name, value] : all)
    each(name, value);
}

std::string with_member(std::string_view object_text, std::string_view name,
                        std::string_view value) {
  const auto old = member_of(object_text, name);
  std::string changed{object_text};
  if (old.empty())
    return changed;
  const auto at = static_cast<std::size_t>(old.data() - object_text.data());
  return changed.replace(at, old.size(), value);
}

std::vector<std::string_view> elements_of(std::string_view array) {
  std::vector<std::string_view> found;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array elements;
  const simdjson::padded_string_view view{array.data(), array.size(),
                                          array.size() + json::padding};
  if (!array.starts_with('[') || parser.iterate(view).get(document)
      || document.get_array().get(elements))
    return found;
  json::each_element(elements, [&](std::size_t, ondemand::value value) {
    found.push_back(json::raw(value));
    return true;
  });
  return found;
}

bool declares(std::string_view object, std::string_view capability) {
  const auto value = member_of(object, capability);
  return !value.empty() && value != "null";
}

} // namespace caisson::protocol::mcp
