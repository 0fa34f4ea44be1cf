#pragma once

#include <string_view>

#include "server/telemetry/routes.hpp"

namespace caisson {

class session;

/// `POST /admin/cache/invalidate {"namespace":"llm","tenant":…,"prefix":…}`:
/// values that do not hold any more go, here before the answer, on the other
/// nodes of the cluster and those that share the store within a second.
/// `tenant` is the tenant of the keys (protocol/cache_key.hpp), `prefix` how
/// the rest of them begins; without either all of the namespace goes. 503 where
/// the store could not be told: then they are gone here and in the cluster
/// only.
void forget_values(session& to, std::string_view body,
                   const node_controls& node);

} // namespace caisson
