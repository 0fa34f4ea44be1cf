#include "server/upstream/tls.hpp"

#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace caisson::upstream {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

result<std::shared_ptr<ssl::context>>
client_context(const std::optional<std::string>& ca_file,
               std::string_view speaks) {
  ERR_clear_error();
  auto* raw = SSL_CTX_new(TLS_client_method());
  if (!raw)
    return make_fault(errc::config_invalid, "tls: no client context");
  auto made = std::make_shared<ssl::context>(raw);
  // We speak HTTP/1.1 only, and say so before a peer assumes h2.
  std::vector<unsigned char> alpn(speaks.begin(), speaks.end());
  if (!alpn.empty())
    alpn.insert(alpn.begin(), static_cast<unsigned char>(speaks.size()));
  if (SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1
      || SSL_CTX_set_alpn_protos(raw, alpn.data(),
                                 static_cast<unsigned>(alpn.size()))
           != 0)
    return make_fault(errc::config_invalid, "tls: no TLS 1.2");
  error_code ec;
  made->set_verify_mode(ssl::verify_peer, ec);
  if (ec)
    return make_fault(errc::config_invalid, "tls: no verification");
  // A host without a system store still works with a ca_file of its own.
  made->set_default_verify_paths(ec);
  ec = {};
  if (ca_file)
    made->load_verify_file(*ca_file, ec);
  if (ec)
    return make_fault(errc::config_invalid, "ca_file: cannot be read as PEM");
  return made;
}

void expect_peer(SSL* session, const origin& who, error_code& ec) noexcept {
  ERR_clear_error();
  error_code not_literal;
  boost::asio::ip::make_address(who.host, not_literal);
  auto* param = SSL_get0_param(session);
  bool good = false;
  if (!not_literal) {
    good = X509_VERIFY_PARAM_set1_ip_asc(param, who.host.c_str()) == 1;
  } else {
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good = X509_VERIFY_PARAM_set1_host(param, who.host.data(), who.host.size())
             == 1
           && SSL_set_tlsext_host_name(session, who.host.c_str()) == 1;
  }
  if (!good)
    ec = error_code{static_cast<int>(ERR_get_error()),
                    boost::asio::error::get_ssl_category()};
}

} // namespace caisson::upstream
