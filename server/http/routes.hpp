#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/limits/settings.hpp"
#include "protocol/envelope.hpp"
#include "protocol/http/head.hpp"

namespace caisson {

class session;

/// The fields of a head, kept beyond it.
class kept_fields {
public:
  void take(const http::field_list& from);

  /// The value of the first field of that name; nothing when there is none.
  std::optional<std::string_view> find(std::string_view name) const noexcept;

private:
  std::vector<std::pair<std::string, std::string>> items_;
};

/// A request that has come in whole.
struct incoming {
  std::string body;
  std::string tail;  ///< what follows a prefix route's path
  std::string kept;  ///< the value of `route::keeps`
  kept_fields head;  ///< where `route::keeps_head`
  std::string query; ///< of the target, without the `?`
};

/// One path and method of a listener. The label is what metrics call it: raw
/// paths never become labels.
struct route {
  enum class body : std::uint8_t {
    none, ///< one that comes is read and ignored
    json, ///< one that comes must not say that it is something else
    any,  ///< the route looks at what it is by itself
  };
  http::verb method;
  std::string path;
  bool prefix = false; ///< the path and everything below it
  std::string label;
  route::body takes = body::none;
  std::function<void(session&, incoming&)> handle;
  /// Refused while the node has more to do than it can.
  bool sheddable = false;
  /// What its clients are told of errors in.
  protocol::envelope client = protocol::envelope::openai;
  /// A header field that is a part of the request; or empty.
  std::string_view keeps = {};
  /// What its requests count as; unset: they are not limited.
  std::optional<endpoint> limited = {};
  /// It looks at fields of the head.
  bool keeps_head = false;
  /// It needs to know who asks, whether anybody is limited or not.
  bool identifies = false;
  /// Field lines of every answer, what the door refuses included.
  std::function<std::string(const http::request_head&)> fields = {};
};

/// All routes of a listener.
class route_table {
public:
  struct match {
    const route* found = nullptr;
    bool path_known = false;
    std::string allowed; ///< methods of the path, for `Allow`
    protocol::envelope client = protocol::envelope::openai; ///< of the path
    /// Of the path, whatever is asked of it; of one that nobody knows `read`.
    std::optional<endpoint> limited = endpoint::read;
  };

  void add(route what) { routes_.push_back(std::move(what)); }

  /// The route for a request; HEAD is answered by what answers GET.
  match find(http::verb method, std::string_view path) const;

  const std::vector<route>& all() const noexcept { return routes_; }

private:
  std::vector<route> routes_;
};

std::string_view name_of(http::verb method) noexcept;

} // namespace caisson
