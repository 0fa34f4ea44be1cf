#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ssl/context.hpp>

#include "server/upstream/origin.hpp"

namespace caisson::upstream {

/// The TLS client side of a dependency: TLS 1.2 or newer, the peer is always
/// verified, against the system's authorities and those in `ca_file` (PEM), if
/// one is named. `speaks` is the protocol to be agreed upon (ALPN), none when
/// empty. Shared by all I/O threads. A file that cannot be read is
/// `config_invalid`.
result<std::shared_ptr<boost::asio::ssl::context>>
client_context(const std::optional<std::string>& ca_file = std::nullopt,
               std::string_view speaks = "http/1.1");

/// Tells a new session whom it must be talking to: by SNI and in the
/// certificate's names. An IP literal is looked for among the addresses of the
/// certificate and is not sent as a name (RFC 6066 section 3).
void expect_peer(SSL* session, const origin& who,
                 boost::system::error_code& ec) noexcept;

} // namespace caisson::upstream
