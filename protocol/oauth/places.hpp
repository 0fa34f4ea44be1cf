#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::oauth {

/// Where the document of a protected resource may lie, in the order in which it
/// is looked for (RFC 9728, section 3.1): below the root with the server's
/// path, then without.
std::vector<std::string> resource_places(std::string_view server_url);

/// Likewise that of an authorization server (RFC 8414, section 3.1, and OpenID
/// Connect Discovery, section 4.1).
std::vector<std::string> issuer_places(std::string_view issuer);

/// Whether a token for `resource` is one for the server: the same origin, and a
/// path that is the server's or above it.
bool covers(std::string_view resource, std::string_view server_url);

/// Scheme, host and port; empty for what is no address of http or https.
std::string origin_of(std::string_view url);

/// Whether secrets may go to `url`: by https, or in the clear within this
/// machine where `near` says that the server itself is on it. Whatever answers
/// by https has shown a certificate for its name.
bool may_be_told(std::string_view url, bool near);

/// An address of this machine alone.
bool is_loopback(std::string_view url);

} // namespace caisson::protocol::oauth
