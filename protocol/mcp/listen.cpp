#include "protocol/mcp/listen.hpp"

#include <algorithm>

#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view subscription
  = "io.modelcontextprotocol/subscriptionId";

/// The strings of a JSON array; false if it is something else or too long.
bool read_uris(std::string_view from, std::vector<std::string>& into) {
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array elements;
  const simdjson::padded_string_view view{from.data(), from.size(),
                                          from.size() + json::padding};
  if (!from.starts_with('[') || parser.iterate(view).get(document)
      || document.get_array().get(elements))
    return false;
  return json::each_element(
    elements, [&](std::size_t index, simdjson::ondemand::value value) {
      std::string_view uri;
      if (index == most_watched || value.get_string().get(uri))
        return false;
      into.emplace_back(uri);
      return true;
    });
}

void append_filter(json::object_writer& into, const listen_filter& filter) {
  if (filter.tools)
    into.raw("toolsListChanged", "true");
  if (filter.prompts)
    into.raw("promptsListChanged", "true");
  if (filter.resources)
    into.raw("resourcesListChanged", "true");
  if (filter.uris.empty())
    return;
  auto& list = into.key("resourceSubscriptions");
  list += '[';
  for (const auto& uri : filter.uris) {
    if (!list.ends_with('['))
      list += ',';
    json::append_string(list, uri);
  }
  list += ']';
}

} // namespace

std::string write_wishes(const listen_filter& filter) {
  std::string text = R"("notifications":)";
  {
    json::object_writer wishes{text};
    append_filter(wishes, filter);
  }
  return text;
}

bool listen_filter::wants(std::string_view method, std::string_view uri) const {
  if (method == list_news[0])
    return tools;
  if (method == list_news[1])
    return prompts;
  if (method == list_news[2])
    return resources;
  return method == resource_news
         && std::find(uris.begin(), uris.end(), uri) != uris.end();
}

checked<listen_filter> read_listen(std::string_view params) {
  const auto wanted = member_of(params, "notifications");
  if (!wanted.starts_with('{'))
    return invalid_params("notifications must be an object.");
  listen_filter result;
  result.tools = member_of(wanted, "toolsListChanged") == "true";
  result.prompts = member_of(wanted, "promptsListChanged") == "true";
  result.resources = member_of(wanted, "resourcesListChanged") == "true";
  const auto uris = member_of(wanted, "resourceSubscriptions");
  if (!uris.empty() && !read_uris(uris, result.uris))
    return invalid_params("resourceSubscriptions must be an array of at most "
                          "1000 strings.");
  return result;
}

std::string write_acknowledged(std::string_view id,
                               const listen_filter& filter) {
  std::string params;
  {
    json::object_writer root{params};
    root.object("_meta").raw(subscription, id);
    auto honoured = root.object("notifications");
    append_filter(honoured, filter);
  }
  return write_notification("notifications/subscriptions/acknowledged", params);
}

std::string write_heard(std::string_view id, std::string_view method,
                        std::string_view uri) {
  std::string params;
  {
    json::object_writer root{params};
    root.object("_meta").raw(subscription, id);
    if (!uri.empty())
      root.string("uri", uri);
  }
  return write_notification(method, params);
}

} // namespace caisson::protocol::mcp
