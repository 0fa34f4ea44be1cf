#pragma once

#include <string>

#include "protocol/oauth/documents.hpp"
#include "protocol/oauth/requests.hpp"
#include "server/oauth/discovery.hpp"

namespace caisson::oauth {

/// Why there is no token.
struct no_token {
  fault why;
  /// The authorization server knows what it was shown, and does not take it.
  bool for_good = false;
  /// Nor does it know who shows it.
  bool stranger = false;
};

/// What its token endpoint says to that.
awaitable<boost::system::result<protocol::oauth::grant, no_token>>
ask_token(web by, std::string endpoint, protocol::oauth::token_request what);

/// Makes the node known there.
awaitable<result<protocol::oauth::client>>
register_node(web by, protocol::oauth::server_document at,
              std::string redirect_uri, protocol::oauth::scope_list scopes);

} // namespace caisson::oauth
