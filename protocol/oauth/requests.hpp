#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/oauth/documents.hpp"
#include "protocol/oauth/scopes.hpp"

namespace caisson::protocol::oauth {

/// How the node would show itself at the server's token endpoint: what the
/// server knows, the strongest first; `secret`: there is one to show.
std::string method_for(const server_document& at, bool secret);

/// The body by which the node makes itself known (RFC 7591). `near`: the
/// redirection is to this machine, so the node is an application on it.
std::string write_registration(const server_document& at,
                               std::string_view redirect_uri, bool near,
                               const scope_list& scopes);

/// What a code is asked with, and what only who asked knows (RFC 7636).
struct proof {
  std::string verifier;
  std::string challenge; ///< its digest
};

/// Of 32 bytes that nobody can guess.
proof proof_of(std::string_view random);

/// What a person is to be asked.
struct question {
  std::string redirect_uri;
  std::string state;
  std::string challenge; ///< of the proof
  scope_list scopes;
  std::string resource;
};

/// The page on which a person says yes; empty where its address is none.
std::string page_for(const server_document& at, const client& who,
                     const question& what);

/// A request to the token endpoint.
struct token_request {
  std::string fields; ///< lines, each ended by CRLF
  std::string form;
};

/// A token for the code that a person's browser has brought.
token_request redeem(const client& who, std::string_view code,
                     std::string_view redirect_uri, std::string_view verifier,
                     std::string_view resource);

/// A new token for the word that was given for that.
token_request refresh(const client& who, std::string_view refresh_token,
                      std::string_view resource);

/// A token for the node itself.
token_request own_token(const client& who, const scope_list& scopes,
                        std::string_view resource);

} // namespace caisson::protocol::oauth
