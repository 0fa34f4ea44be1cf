#include <fstream>
#include <sstream>

#include "tests/server/config_fixture.hpp"
#include "tests/server/papers.hpp"

// Rules of http.tls_cert and http.tls_key; what they do is the subject of
// tests/system/test_front_tls.py.

namespace caisson::config {

namespace {

lines with(const std::string& cert, const std::string& key) {
  return complaints(
    {"[http]\ntls_cert = \"" + cert + "\"\ntls_key = \"" + key + "\""});
}

} // namespace

TEST_CASE("a certificate and its key stand together", "[config]") {
  papers files;
  REQUIRE(files.make("a"));
  CHECK(with(files.at("a.pem"), files.at("a.key")).empty());
  CHECK(complaints({"[http]\ntls_cert = \"" + files.at("a.pem") + "\""})
        == lines{"caisson.toml:2:12: http.tls_cert is set without "
                 "http.tls_key, expected both, or neither"});
  CHECK(complaints({"[http]\ntls_key = \"" + files.at("a.key") + "\""})
        == lines{"caisson.toml:2:11: http.tls_key is set without "
                 "http.tls_cert, expected both, or neither"});
}

TEST_CASE("a key belongs to its certificate", "[config]") {
  papers files;
  REQUIRE(files.make("a"));
  REQUIRE(files.make("b"));
  REQUIRE(files.make("rsa", "-nodes", "rsa:2048"));
  lines stranger{"caisson.toml:3:11: http.tls_key does not belong to "
                 "http.tls_cert, expected the key of that certificate"};
  CHECK(with(files.at("a.pem"), files.at("b.key")) == stranger);
  CHECK(with(files.at("a.pem"), files.at("rsa.key")) == stranger);
}

TEST_CASE("files of TLS are readable PEM without a passphrase", "[config]") {
  papers files;
  REQUIRE(files.make("a"));
  REQUIRE(files.make("locked", "-passout pass:secret"));
  auto good = files.at("a.pem");
  auto key = files.at("a.key");
  CHECK(with(key, key)
        == lines{"caisson.toml:2:12: http.tls_cert holds no certificate that "
                 "can be used, expected PEM: the node's certificate, then "
                 "those that lead to the root"});
  CHECK(with(good, good)
        == lines{"caisson.toml:3:11: http.tls_key holds no private key that "
                 "can be used, expected a private key in PEM"});
  CHECK(with(files.at("locked.pem"), files.at("locked.key"))
        == lines{"caisson.toml:3:11: http.tls_key is locked with a passphrase, "
                 "expected a private key in PEM without one"});
  CHECK(with(good, "/nonexistent/key.pem")
        == lines{"caisson.toml:3:11: http.tls_key names no file that can be "
                 "read, expected the path of a file"});
}

} // namespace caisson::config
