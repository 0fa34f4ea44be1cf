#pragma once

#include <optional>
#include <string>

#include "actors/fault.hpp"
#include "actors/mcp/settings.hpp"
#include "protocol/oauth/challenge.hpp"
#include "protocol/oauth/documents.hpp"
#include "server/oauth/fetch.hpp"

namespace caisson::oauth {

/// Where tokens for a server are to be had.
struct surroundings {
  protocol::oauth::resource_document resource;
  protocol::oauth::server_document server;
};

/// What is asked where.
struct search {
  web by;
  std::string server_url;
  oauth_settings how;
  protocol::oauth::challenge hint;
};

/// Finds it out: the server's own document, then that of its authorization
/// server. Whatever does not fit together is a fault, and nothing more is asked
/// of anybody: documents that lie are how tokens get to the wrong place.
///
/// A server of 2025-03-26 has no document of its own, and is its own
/// authorization server at the root of its origin.
awaitable<result<surroundings>> discover(search what);

/// The fault of one who was asked and gave no answer.
fault not_reached(const char* detail);

/// The fault of one whose word cannot be used.
fault not_usable(std::string detail);

} // namespace caisson::oauth
