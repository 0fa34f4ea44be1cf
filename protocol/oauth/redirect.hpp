#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/oauth/documents.hpp"

namespace caisson::protocol::oauth {

/// With what a person's browser has come back.
struct redirect {
  std::string state;
  std::string code;
  std::string error;
  std::optional<std::string> issuer;
};

/// Of the query of the node's address for that. Nothing where one of them is
/// said twice, or not soundly.
std::optional<redirect> read_redirect(std::string_view query);

/// Whether it is of that server (RFC 9207, section 2.4): letter by letter, for
/// another server may have an address that is only alike.
bool is_of(const redirect& what, const server_document& server);

} // namespace caisson::protocol::oauth
