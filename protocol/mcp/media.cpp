#include "protocol/mcp/media.hpp"

#include <algorithm>

#include "protocol/http/head.hpp"
#include "protocol/http/trimmed.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view events = "text/event-stream";

/// What stands before `mark`; takes it and the mark away from `text`.
std::string_view cut(std::string_view& text, char mark) noexcept {
  const auto at = std::min(text.find(mark), text.size());
  const auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return http::trimmed(part);
}

/// `q=0`, `q=0.0`: wanted least of all, which is not at all.
bool refused_by_weight(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const auto one = cut(parameters, ';');
    if (one.starts_with("q=") || one.starts_with("Q="))
      return one.substr(2).find_first_not_of("0.") == one.npos;
  }
  return false;
}

bool accepts(std::string_view list, std::string_view type) noexcept {
  while (!list.empty()) {
    auto item = cut(list, ',');
    if (http::iequals(cut(item, ';'), type) && !refused_by_weight(item))
      return true;
  }
  return false;
}

} // namespace

std::optional<rpc_error> check_content_type(std::string_view value) {
  if (http::iequals(cut(value, ';'), json))
    return std::nullopt;
  return refused(415, "Unsupported media type: Content-Type must be "
                      "application/json");
}

std::optional<rpc_error> check_accept_post(std::string_view value) {
  if (accepts(value, json) && accepts(value, events))
    return std::nullopt;
  return refused(406, "Not acceptable: Accept must name application/json and "
                      "text/event-stream");
}

std::optional<rpc_error> check_accept_get(std::string_view value) {
  if (accepts(value, events))
    return std::nullopt;
  return refused(406, "Not acceptable: Accept must name text/event-stream");
}

} // namespace caisson::protocol::mcp
