#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// What there may be news of: each of the lists, and a resource.
inline constexpr std::array<std::string_view, 3> list_news{
  "notifications/tools/list_changed", "notifications/prompts/list_changed",
  "notifications/resources/list_changed"};
inline constexpr std::string_view resource_news
  = "notifications/resources/updated";

/// What a modern client wants to hear of on a stream of
/// `subscriptions/listen`; nothing else may be sent on it.
struct listen_filter {
  bool tools = false;            ///< notifications/tools/list_changed
  bool prompts = false;          ///< notifications/prompts/list_changed
  bool resources = false;        ///< notifications/resources/list_changed
  std::vector<std::string> uris; ///< notifications/resources/updated of these

  bool operator==(const listen_filter&) const = default;

  /// Whether a notification of that method, about that resource, is wanted.
  bool wants(std::string_view method, std::string_view uri = {}) const;
};

/// The most resources that one stream may watch.
inline constexpr std::size_t most_watched = 1000;

/// Reads the params of the request, an object of a body that has been read.
checked<listen_filter> read_listen(std::string_view params);

/// The member of the params of such a request that says what is wanted.
std::string write_wishes(const listen_filter& filter);

/// The first message of the stream: what will be heard on it. `id` is that of
/// the request, as it stood there, and names the subscription.
std::string write_acknowledged(std::string_view id,
                               const listen_filter& filter);

/// A notification of that stream, marked as such.
std::string write_heard(std::string_view id, std::string_view method,
                        std::string_view uri = {});

} // namespace caisson::protocol::mcp
