#include "server/http/tls_identity.hpp"

#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace caisson {
namespace {

// TLS 1.3 has none but good ones.
constexpr auto ciphers_of_1_2
  = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr std::string_view spoken = "\x08http/1.1";

/// Without this OpenSSL would ask whoever sits at the terminal.
int refuse_passphrase(char* /*into*/, int /*size*/, int /*writing*/,
                      void* asked) {
  if (asked != nullptr)
    *static_cast<bool*>(asked) = true;
  return -1;
}

/// A client that names protocols must name ours: it would speak another.
int choose_protocol(SSL* /*session*/, const unsigned char** chosen,
                    unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void* /*argument*/) {
  unsigned char* found = nullptr;
  auto ours = reinterpret_cast<const unsigned char*>(spoken.data());
  if (SSL_select_next_proto(&found, size, ours, spoken.size(), offered,
                            offered_size)
      != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

tls_context_ptr make_context() {
  tls_context_ptr made{SSL_CTX_new(TLS_server_method())};
  auto* raw = made.get();
  if (raw == nullptr || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1
      || SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) != 1
      || SSL_CTX_set_cipher_list(raw, ciphers_of_1_2) != 1)
    return nullptr;
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE
                             | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Sessions are resumed by tickets; a store of them would only cost memory.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  // What is to be written is gathered anew for each try (session::flush). An
  // idle connection keeps no buffers.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE
                          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, refuse_passphrase);
  return made;
}

} // namespace

void free_tls::operator()(ssl_ctx_st* what) const noexcept {
  SSL_CTX_free(what);
}

void free_tls::operator()(ssl_st* what) const noexcept {
  SSL_free(what);
}

tls_identity::loaded tls_identity::load(const std::string& certificate,
                                        const std::string& key) {
  auto context = make_context();
  if (!context
      || SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str())
           != 1) {
    ERR_clear_error();
    return identity_problem::no_certificate;
  }
  std::unique_ptr<BIO, decltype(&BIO_free)> file{BIO_new_file(key.c_str(), "r"),
                                                 BIO_free};
  auto asked = false;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> read{
    file
      ? PEM_read_bio_PrivateKey(file.get(), nullptr, refuse_passphrase, &asked)
      : nullptr,
    EVP_PKEY_free};
  auto paired = read && SSL_CTX_use_PrivateKey(context.get(), read.get()) == 1
                && SSL_CTX_check_private_key(context.get()) == 1;
  ERR_clear_error(); // nothing of it is for anybody else
  if (!read)
    return asked ? identity_problem::locked_key : identity_problem::no_key;
  if (!paired)
    return identity_problem::not_a_pair;
  return std::shared_ptr<const tls_identity>{
    new tls_identity{std::move(context)}};
}

tls_session_ptr tls_identity::speak(int descriptor) const noexcept {
  tls_session_ptr made{SSL_new(context_.get())};
  if (!made || SSL_set_fd(made.get(), descriptor) != 1)
    return nullptr;
  SSL_set_accept_state(made.get());
  return made;
}

} // namespace caisson
