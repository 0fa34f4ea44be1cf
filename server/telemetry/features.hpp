#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "server/gateway/feature_control.hpp"
#include "server/telemetry/routes.hpp"

namespace caisson {

/// Each feature and how far it is rolled out:
/// `{"hedging": {"enabled": true, "percent": 50}, …}`.
boost::json::object features_view(const feature_control& now);

/// `POST /admin/features`: the same form, of the features that are to change
/// and of them what is to change. All of it is done, on all nodes, or nothing.
void set_features(session& to, std::string_view body,
                  const node_controls& node);

/// `GET /admin/features`.
void show_features(session& to, const node_controls& node);

} // namespace caisson
