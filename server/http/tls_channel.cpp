#include "server/http/tls_channel.hpp"

#include <array>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace caisson {
namespace {

constexpr std::array<std::string_view, handshake_failure_count> names{
  "timeout", "left", "plain_http", "version", "refused", "protocol"};

/// From the first entry of this thread's error queue: what came first is the
/// cause of the rest.
handshake_failure failure_of(unsigned long error) noexcept {
  // A connection that broke leaves none.
  if (error == 0 || ERR_SYSTEM_ERROR(error))
    return handshake_failure::left;
  auto reason = ERR_GET_REASON(error);
  // How OpenSSL numbers the alerts that it receives.
  if (reason >= SSL_AD_REASON_OFFSET)
    return handshake_failure::refused;
  switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return handshake_failure::left;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return handshake_failure::plain_http;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
      return handshake_failure::version;
    default:
      return handshake_failure::protocol;
  }
}

} // namespace

std::string_view name_of(handshake_failure why) noexcept {
  return names.at(static_cast<std::size_t>(why));
}

// Each call clears the error queue of the thread first: what another connection
// has left there would be taken for this one's.

tls_step tls_channel::shake_hands() noexcept {
  ERR_clear_error();
  auto step = step_of(SSL_do_handshake(session_.get()));
  if (step == tls_step::ended || step == tls_step::failed)
    why_ = failure_of(ERR_peek_error());
  return step;
}

tls_step tls_channel::read(std::span<char> into, std::size_t& n) noexcept {
  n = 0;
  ERR_clear_error();
  do {
    std::size_t more = 0;
    auto result
      = SSL_read_ex(session_.get(), into.data() + n, into.size() - n, &more);
    if (result != 1)
      return n > 0 ? tls_step::done : step_of(result);
    n += more;
    // A record may be larger than what was asked for at first.
  } while (n < into.size() && SSL_pending(session_.get()) > 0);
  return tls_step::done;
}

tls_step tls_channel::write(std::span<const char> from,
                            std::size_t& n) noexcept {
  n = 0;
  ERR_clear_error();
  auto result = SSL_write_ex(session_.get(), from.data(), from.size(), &n);
  return result == 1 ? tls_step::done : step_of(result);
}

tls_step tls_channel::say_goodbye() noexcept {
  ERR_clear_error();
  auto result = SSL_shutdown(session_.get());
  // 0: said, but not yet answered. Nobody waits for that.
  return result >= 0 ? tls_step::done : step_of(result);
}

tls_step tls_channel::step_of(int result) const noexcept {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE:
      return tls_step::done;
    case SSL_ERROR_WANT_READ:
      return tls_step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return tls_step::wants_output;
    case SSL_ERROR_ZERO_RETURN:
      return tls_step::ended;
    default:
      return tls_step::failed;
  }
}

} // namespace caisson
