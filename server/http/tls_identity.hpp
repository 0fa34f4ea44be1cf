#pragma once

#include <memory>
#include <string>
#include <variant>

struct ssl_ctx_st;
struct ssl_st;

namespace caisson {

struct free_tls {
  void operator()(ssl_ctx_st* what) const noexcept;
  void operator()(ssl_st* what) const noexcept;
};
using tls_context_ptr = std::unique_ptr<ssl_ctx_st, free_tls>;
using tls_session_ptr = std::unique_ptr<ssl_st, free_tls>;

/// Why two files are no identity. Nothing of what stands in them is told.
enum class identity_problem : std::uint8_t {
  no_certificate, ///< unreadable, no PEM, or weaker than OpenSSL allows
  no_key,         ///< likewise
  locked_key,     ///< needs a passphrase, and nobody is there to type it
  not_a_pair,     ///< the key is of another certificate
};

/// Who the node is towards clients, and how it speaks TLS with them: 1.2 or
/// 1.3, ciphers with forward secrecy and authentication only, the node's order
/// of them first, no compression, no renegotiation, no early data, http/1.1 as
/// the only protocol. Shared by all I/O threads; a connection keeps the one it
/// began with.
class tls_identity {
public:
  using loaded
    = std::variant<std::shared_ptr<const tls_identity>, identity_problem>;

  /// Reads both files (PEM; the certificate may be followed by its chain).
  static loaded load(const std::string& certificate, const std::string& key);

  /// The node's side of a new connection on a descriptor, which must not block
  /// and stays its owner's. Null when there is no memory.
  tls_session_ptr speak(int descriptor) const noexcept;

private:
  explicit tls_identity(tls_context_ptr context)
    : context_(std::move(context)) {}

  tls_context_ptr context_;
};

} // namespace caisson
