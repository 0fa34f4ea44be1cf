#include "server/cluster/credentials.hpp"

#include <algorithm>
#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace caisson::peering {
namespace {

/// Without this OpenSSL would ask whoever sits at the terminal.
int refuse_passphrase(char* /*into*/, int /*size*/, int /*writing*/,
                      void* /*argument*/) {
  return -1;
}

context_ptr make_context() {
  context_ptr made{SSL_CTX_new(TLS_method())};
  auto* raw = made.get();
  if (raw == nullptr || SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) != 1
      || SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) != 1)
    return nullptr;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  // A resumed session would pass with a certificate that has ended since.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_default_passwd_cb(raw, refuse_passphrase);
  return made;
}

std::string text_of(const ASN1_STRING* from) {
  auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(from));
  return {data, static_cast<std::size_t>(ASN1_STRING_length(from))};
}

std::vector<std::string> dns_names(const X509* of) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(
    X509_get_ext_d2i(of, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    auto* one = sk_GENERAL_NAME_value(names, i);
    if (one->type == GEN_DNS)
      out.push_back(text_of(one->d.dNSName));
  }
  GENERAL_NAMES_free(names);
  return out;
}

std::vector<std::string> names_of(const X509* certificate) {
  auto out = dns_names(certificate);
  if (!out.empty())
    return out;
  auto* subject = X509_get_subject_name(certificate);
  auto at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0)
    out.push_back(
      text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return out;
}

/// Peers would find it out, too, but only they would know.
bool certified(SSL_CTX* by) {
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check{
    X509_STORE_CTX_new(), X509_STORE_CTX_free};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(by, &chain);
  return check
         && X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(by),
                                SSL_CTX_get0_certificate(by), chain)
              == 1
         && X509_verify_cert(check.get()) == 1;
}

} // namespace

void free_context::operator()(ssl_ctx_st* what) const noexcept {
  SSL_CTX_free(what);
}

credential_complaint complaint_of(credential_problem why) noexcept {
  switch (why) {
    case credential_problem::no_ca:
      return {"cluster.ca", "holds no certificate of an authority"};
    case credential_problem::no_certificate:
      return {"cluster.cert", "holds no certificate that can be used"};
    case credential_problem::no_key:
      return {"cluster.key", "holds no private key without a passphrase"};
    case credential_problem::not_a_pair:
      return {"cluster.key", "does not belong to cluster.cert"};
    case credential_problem::not_certified:
      return {"cluster.cert", "is not certified by cluster.ca, or not now"};
    case credential_problem::not_named:
      return {"cluster.cert", "is not of the name that node.name says"};
  }
  return {"cluster.cert", "cannot be used"};
}

std::variant<context_ptr, credential_problem>
load_credentials(const credential_files& from, const std::string& name) {
  auto context = make_context();
  auto* raw = context.get();
  auto fail = [](credential_problem why) {
    ERR_clear_error(); // nothing of it is for anybody else
    return why;
  };
  if (raw == nullptr || SSL_CTX_load_verify_file(raw, from.ca.c_str()) != 1)
    return fail(credential_problem::no_ca);
  if (SSL_CTX_use_certificate_chain_file(raw, from.cert.c_str()) != 1)
    return fail(credential_problem::no_certificate);
  std::unique_ptr<BIO, decltype(&BIO_free)> file{
    BIO_new_file(from.key.c_str(), "r"), BIO_free};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
    file
      ? PEM_read_bio_PrivateKey(file.get(), nullptr, refuse_passphrase, nullptr)
      : nullptr,
    EVP_PKEY_free};
  if (!key)
    return fail(credential_problem::no_key);
  if (SSL_CTX_use_PrivateKey(raw, key.get()) != 1
      || SSL_CTX_check_private_key(raw) != 1)
    return fail(credential_problem::not_a_pair);
  if (!certified(raw))
    return fail(credential_problem::not_certified);
  auto names = names_of(SSL_CTX_get0_certificate(raw));
  if (std::find(names.begin(), names.end(), name) == names.end())
    return fail(credential_problem::not_named);
  return context;
}

std::vector<std::string> names_of_peer(ssl_st* session) {
  auto* shown = SSL_get0_peer_certificate(session);
  return shown ? names_of(shown) : std::vector<std::string>{};
}

std::int64_t end_of_peer(ssl_st* session) {
  auto* shown = SSL_get0_peer_certificate(session);
  std::tm when{};
  if (shown == nullptr
      || ASN1_TIME_to_tm(X509_get0_notAfter(shown), &when) != 1)
    return 0;
  return ::timegm(&when);
}

} // namespace caisson::peering
