#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::oauth {

/// Whoever says of itself that it can be trusted says too much of what nobody
/// needs: of each document only this is kept. A member of another type than
/// its own makes the whole document none.

/// Of a protected resource (RFC 9728, section 2).
struct resource_document {
  std::string resource; ///< as it is written there
  std::vector<std::string> servers;
  std::optional<std::vector<std::string>> scopes;
};

/// Of an authorization server (RFC 8414, section 2).
struct server_document {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string registration_endpoint;
  /// Of clients at the token endpoint; empty: not said.
  std::vector<std::string> methods;
  std::vector<std::string> scopes;
  std::optional<std::vector<std::string>> challenge_methods;
  bool takes_documents = false; ///< client_id_metadata_document_supported
  bool names_itself = false; ///< authorization_response_iss_parameter_supported
};

/// Who the node is at an authorization server.
struct client {
  std::string id;
  std::string secret;
  std::string method; ///< at its token endpoint; empty: not said
};

/// What the node was given (RFC 6749, section 5.1).
struct grant {
  std::string token;
  std::string refresh;
  std::optional<std::chrono::seconds> lasts;
  std::optional<std::string> scope;
};

std::optional<resource_document> read_resource(std::string_view text);
std::optional<server_document> read_server(std::string_view text);
std::optional<client> read_registration(std::string_view text);
/// A token that is no bearer's, or could not stand in a field, is none.
std::optional<grant> read_grant(std::string_view text);

/// The `error` of a refusal (RFC 6749, section 5.2), if it is one of those that
/// the standards know; else empty. Safe to be shown.
std::string read_error(std::string_view text);

} // namespace caisson::protocol::oauth
