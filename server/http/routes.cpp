#include "server/http/routes.hpp"

namespace caisson {
namespace {

bool fits(const route& x, std::string_view path) noexcept {
  return x.prefix ? path.size() > x.path.size() && path.starts_with(x.path)
                  : path == x.path;
}

} // namespace

void kept_fields::take(const http::field_list& from) {
  items_.clear();
  items_.reserve(from.size());
  for (auto& x : from)
    items_.emplace_back(x.name, x.value);
}

std::optional<std::string_view>
kept_fields::find(std::string_view name) const noexcept {
  for (auto& [known, value] : items_)
    if (http::iequals(known, name))
      return value;
  return std::nullopt;
}

std::string_view name_of(http::verb method) noexcept {
  switch (method) {
    case http::verb::get:
      return "GET";
    case http::verb::post:
      return "POST";
    case http::verb::del:
      return "DELETE";
    case http::verb::options:
      return "OPTIONS";
    case http::verb::head:
      return "HEAD";
  }
  return "GET";
}

route_table::match route_table::find(http::verb method,
                                     std::string_view path) const {
  auto wanted = method == http::verb::head ? http::verb::get : method;
  match result;
  for (auto& x : routes_) {
    if (!fits(x, path))
      continue;
    result.client = x.client;
    result.limited = x.limited;
    if (x.method == wanted) {
      result.found = &x;
      return result;
    }
    result.path_known = true;
    if (!result.allowed.empty())
      result.allowed += ", ";
    result.allowed += name_of(x.method);
    if (x.method == http::verb::get)
      result.allowed += ", HEAD";
  }
  return result;
}

} // namespace caisson
