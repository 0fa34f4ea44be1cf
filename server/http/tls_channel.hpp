#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/http/tls_identity.hpp"

namespace caisson {

/// Why a client and the node did not come to speak TLS with each other: the
/// label `reason` of http_tls_handshake_failures_total.
enum class handshake_failure : std::uint8_t {
  timeout,    ///< it took longer than `http.header_timeout`
  left,       ///< the client ended the connection
  plain_http, ///< the client speaks HTTP in the clear
  version,    ///< the client offers no version of TLS that is spoken here
  refused,    ///< the client sent an alert: it trusts another certificate
  protocol,   ///< all else: no TLS, no cipher or protocol in common
};

inline constexpr std::size_t handshake_failure_count = 6;

std::string_view name_of(handshake_failure why) noexcept;

/// How far one try has come. A descriptor that does not block is waited for
/// elsewhere.
enum class tls_step : std::uint8_t {
  done,
  wants_input,  ///< again when the descriptor can be read
  wants_output, ///< again when it can be written
  ended,        ///< the peer has said close_notify
  failed,       ///< broken; a FIN without close_notify is that too
};

/// TLS on one descriptor, step by step. Knows nothing of threads and timers.
class tls_channel {
public:
  explicit tls_channel(tls_session_ptr session)
    : session_(std::move(session)) {}

  tls_step shake_hands() noexcept;

  /// Why `shake_hands` has failed.
  handshake_failure why() const noexcept { return why_; }

  /// Reads what is there; `n` bytes came, if it is done.
  tls_step read(std::span<char> into, std::size_t& n) noexcept;

  /// Writes as much as the descriptor takes. After `wants_output` the next
  /// call must begin with the same bytes; there may be more of them.
  tls_step write(std::span<const char> from, std::size_t& n) noexcept;

  /// Tells the peer that nothing follows (close_notify).
  tls_step say_goodbye() noexcept;

private:
  tls_step step_of(int result) const noexcept;

  tls_session_ptr session_;
  handshake_failure why_ = handshake_failure::protocol;
};

} // namespace caisson
