#pragma once

#include <string>

#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// How a server introduces itself, in either era.
struct server_card {
  std::string info;         ///< JSON: `{"name":…,"version":…}`
  std::string capabilities; ///< JSON object
  std::string instructions; ///< for the model that uses the tools; or empty
};

/// What `initialize` says of a client.
struct introduction {
  revision spoken = latest_legacy; ///< agreed on, see `negotiate`
  client_features client;
};

/// Reads the params of `initialize`. `invalid_params` when the version, the
/// capabilities or the name of the client are missing.
checked<introduction> read_initialize(const request_params& params);

/// The members of the result of `initialize`.
std::string write_initialize(revision spoken, const server_card& card);

/// The members of the result of `server/discover`: the modern revisions. Of
/// the legacy ones a client learns by `initialize`.
std::string write_discover(const server_card& card);

} // namespace caisson::protocol::mcp
