#include "server/mcp/node_view.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/dependency/compartment.hpp"
#include "server/config/schema.hpp"

namespace caisson {
namespace {

namespace json = boost::json;

/// Texts that say nothing of the inside of a house.
constexpr std::string_view shown_texts[]{"node.name", "models", "chain",
                                         "hedge_after"};

json::value shown(const config::option& what, const config::value& said) {
  using enum config::value_kind;
  auto kind = what.allowed.kind;
  auto free = kind == text || kind == texts || kind == secret;
  auto harmless
    = kind != secret
      && std::find(std::begin(shown_texts), std::end(shown_texts), what.path)
           != std::end(shown_texts);
  if (auto* list = std::get_if<std::vector<std::string>>(&said)) {
    if (!harmless)
      return list->empty() ? json::value(json::array{}) : json::value("(set)");
    return json::array(list->begin(), list->end());
  }
  if (auto* word = std::get_if<std::string>(&said)) {
    if (!free || harmless)
      return json::string{*word};
    return word->empty() ? "" : "(set)";
  }
  if (auto* number = std::get_if<std::int64_t>(&said)) {
    if (kind == duration)
      return json::string{config::show_duration(*number)};
    if (kind == size)
      return json::string{config::show_size(*number)};
    return *number;
  }
  if (auto* real = std::get_if<double>(&said))
    return *real;
  return std::get<bool>(said);
}

/// Puts it where it stands in the file: "http.port" into "http".
void place(json::object& root, std::string_view path, json::value what) {
  auto* at = &root;
  for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    auto& inner = (*at)[path.substr(0, dot)];
    if (!inner.is_object())
      inner.emplace_object();
    at = &inner.get_object();
    path.remove_prefix(dot + 1);
  }
  (*at)[path] = std::move(what);
}

template <class Settings>
json::object view_of(const Settings& from,
                     const std::vector<config::row<Settings>>& rows) {
  json::object out;
  for (auto& row : rows)
    if (auto said = row.read(from))
      place(out, row.path, shown(row, *said));
  return out;
}

template <class Settings>
json::object views_of(const std::vector<Settings>& all,
                      const std::vector<config::row<Settings>>& rows) {
  json::object out;
  for (auto& one : all)
    out[one.name] = view_of(one, rows);
  return out;
}

} // namespace

std::string status_view(std::string_view node, double uptime_seconds,
                        bool draining, const tree& actors) {
  json::object out;
  out["node"] = node;
  out["version"] = CAISSON_VERSION;
  out["uptime"] = uptime_seconds;
  out["state"] = draining ? "draining" : "serving";
  json::array dependencies;
  for (auto& x : actors.dependencies()) {
    json::object one;
    one["name"] = x->name();
    one["kind"] = x->kind();
    one["breaker"] = name_of(x->state());
    one["mode"] = name_of(x->mode());
    dependencies.push_back(std::move(one));
  }
  out["dependencies"] = std::move(dependencies);
  return json::serialize(out);
}

std::string config_view(const settings& from) {
  auto out = view_of(from, config::node_options());
  out["dependency"] = views_of(from.dependencies, config::dependency_options());
  out["models"] = views_of(from.models, config::model_options());
  // Whose keys there are is nobody's business.
  place(out, "limits.keys", from.api_keys.size());
  // Nor which tools there are for others.
  place(out, "limits.tools", from.limits.tools.size());
  out["prices"] = views_of(from.prices, config::price_options());
  return json::serialize(out);
}

} // namespace caisson
