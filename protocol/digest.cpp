#include "protocol/digest.hpp"

#include <memory>

#include <openssl/evp.h>

#include "actors/hex.hpp"

namespace caisson::protocol {

sha256_digest sha256_of(std::string_view text) {
  struct release {
    void operator()(EVP_MD* x) const noexcept { EVP_MD_free(x); }
    void operator()(EVP_MD_CTX* x) const noexcept { EVP_MD_CTX_free(x); }
  };
  // Looking the algorithm up, as SHA256() does each time, costs more than the
  // digest of a request.
  static const std::unique_ptr<EVP_MD, release> algorithm{
    EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  thread_local const std::unique_ptr<EVP_MD_CTX, release> context{
    EVP_MD_CTX_new()};
  sha256_digest out{};
  EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
  EVP_DigestUpdate(context.get(), text.data(), text.size());
  EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
  return out;
}

std::string sha256(std::string_view text) {
  std::string out;
  append_hex_of(out, sha256_of(text));
  return out;
}

} // namespace caisson::protocol
