#include "server/config/check_tls.hpp"

#include <utility>

#include "server/http/tls_identity.hpp"

namespace caisson::config {
namespace {

constexpr std::string_view cert = "http.tls_cert";
constexpr std::string_view key = "http.tls_key";

problem problem_of(identity_problem why, const origins& from) {
  auto at = [&](std::string_view path, std::string_view what,
                std::string_view expected) {
    return problem{from.of(path), std::string{path} + std::string{what},
                   std::string{expected}};
  };
  switch (why) {
    case identity_problem::no_certificate:
      return at(cert, " holds no certificate that can be used",
                "PEM: the node's certificate, then those that lead to the "
                "root");
    case identity_problem::no_key:
      return at(key, " holds no private key that can be used",
                "a private key in PEM");
    case identity_problem::locked_key:
      return at(key, " is locked with a passphrase",
                "a private key in PEM without one");
    case identity_problem::not_a_pair:
      return at(key, " does not belong to http.tls_cert",
                "the key of that certificate");
  }
  return at(key, " cannot be used", "a private key in PEM");
}

} // namespace

void check_tls(const settings& made, const origins& from, problems& wrong) {
  auto broken = [&](std::string_view path) {
    return from.broken.find(path) != from.broken.end();
  };
  if (broken(cert) || broken(key))
    return;
  auto& http = made.http;
  if (http.tls_cert.empty() != http.tls_key.empty()) {
    auto given = http.tls_cert.empty() ? key : cert;
    auto missing = http.tls_cert.empty() ? cert : key;
    wrong.push_back(
      {from.of(given),
       std::string{given} + " is set without " + std::string{missing},
       "both, or neither", errc::config_missing});
    return;
  }
  if (http.tls_cert.empty())
    return;
  auto loaded = tls_identity::load(http.tls_cert, http.tls_key);
  if (auto* why = std::get_if<identity_problem>(&loaded))
    wrong.push_back(problem_of(*why, from));
}

} // namespace caisson::config
