#pragma once

#include <boost/json/object.hpp>

#include "server/http/routes.hpp"
#include "server/telemetry/routes.hpp"

namespace caisson {

/// How many keys the configuration has, and the names of those that were
/// revoked: `{"known": 3, "revoked": ["ci"]}`.
boost::json::object keys_view(const limit_control& known,
                              const revoked_keys& revoked);

/// `POST /admin/keys/{name}`: `{"mode": "revoked"}` or `"active"`, for a key of
/// the configuration. It holds at once, on all nodes.
void set_key(session& to, const incoming& request, const node_controls& node);

} // namespace caisson
