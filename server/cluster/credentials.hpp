#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace caisson::peering {

struct free_context {
  void operator()(ssl_ctx_st* what) const noexcept;
};
using context_ptr = std::unique_ptr<ssl_ctx_st, free_context>;

/// The three files of `[cluster]`, PEM.
struct credential_files {
  std::string ca;   ///< of this cluster alone: who has its word is a node
  std::string cert; ///< this node's, with those that lead to the CA
  std::string key;
};

/// Why they are no credentials. Nothing of what stands in them is told.
enum class credential_problem : std::uint8_t {
  no_ca,          ///< unreadable, or no certificate
  no_certificate, ///< likewise, or weaker than OpenSSL allows
  no_key,         ///< likewise; or locked with a passphrase
  not_a_pair,     ///< the key is of another certificate
  not_certified,  ///< the CA does not stand for the certificate, or not now
  not_named,      ///< the certificate is not of this node's name
};

/// As a sentence about the file that is to blame, whose option it names too.
struct credential_complaint {
  std::string_view option; ///< "cluster.ca", …
  std::string_view what;

  std::string sentence() const {
    return std::string{option} + ' ' + std::string{what};
  }
};
credential_complaint complaint_of(credential_problem why) noexcept;

/// Reads the files: TLS 1.3 and nothing older, both ends show a certificate of
/// the CA, no session is resumed, so that each link is judged anew. `name` is
/// the one that the certificate must have.
std::variant<context_ptr, credential_problem>
load_credentials(const credential_files& from, const std::string& name);

/// Whose certificate the peer of a finished handshake has shown: the DNS names
/// of its subjectAltName or, where it has none, its common name.
std::vector<std::string> names_of_peer(ssl_st* session);

/// When it ends, in seconds since 1970; 0 where it cannot be told.
std::int64_t end_of_peer(ssl_st* session);

} // namespace caisson::peering
