#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocol/mcp/access.hpp"
#include "server/http/routes.hpp"
#include "server/mcp/endpoint.hpp"

namespace caisson {

/// Fields as lines of a head.
std::string field_lines(const protocol::mcp::header_list& fields);

/// The routes of `/mcp`; the endpoints are those of the threads.
void add_mcp_routes(route_table& to, const mcp_control& control,
                    std::vector<std::unique_ptr<mcp_endpoint>>& endpoints);

} // namespace caisson
