#include "server/gateway/api_keys.hpp"

#include <memory>
#include <string>

#include <openssl/evp.h>

namespace caisson {
namespace {

/// Digits that the config has checked.
sha256_digest digest_in(std::string_view hex) {
  sha256_digest out{};
  auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  for (std::size_t i = 0; i < out.size() && 2 * i + 1 < hex.size(); ++i)
    out[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4
                                        | digit(hex[2 * i + 1]));
  return out;
}

} // namespace

sha256_digest sha256_of(std::string_view text) {
  struct release {
    void operator()(EVP_MD* x) const noexcept { EVP_MD_free(x); }
    void operator()(EVP_MD_CTX* x) const noexcept { EVP_MD_CTX_free(x); }
  };
  // Looking the algorithm up costs more than the digest of a key.
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

limit_key limit_key_of(std::string_view text) {
  auto digest = sha256_of(text);
  limit_key key;
  std::memcpy(&key.high, digest.data(), sizeof key.high);
  std::memcpy(&key.low, digest.data() + sizeof key.high, sizeof key.low);
  return key;
}

std::optional<std::string_view> shown_key(const http::field_list& fields) {
  constexpr std::string_view scheme = "bearer ";
  if (auto* shown = fields.find("authorization")) {
    auto text = *shown;
    if (!http::iequals(text.substr(0, scheme.size()), scheme))
      return std::string_view{};
    text.remove_prefix(scheme.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
  }
  if (auto* shown = fields.find("x-api-key"))
    return *shown;
  return std::nullopt;
}

api_keys::api_keys(const std::vector<api_key_settings>& list) {
  for (auto& x : list) {
    owner one{limit_key_of("user:" + (x.user.empty() ? x.name : x.user)),
              x.level, x.tokens_per_minute, 0};
    if (x.budget_usd_per_day)
      one.budget
        = static_cast<nano_usd>(*x.budget_usd_per_day * nano_usd_in_one);
    owners_.emplace(digest_in(x.sha256), one);
  }
}

const api_keys::owner* api_keys::find(std::string_view key) const {
  auto at = owners_.find(sha256_of(key));
  return at == owners_.end() ? nullptr : &at->second;
}

} // namespace caisson
