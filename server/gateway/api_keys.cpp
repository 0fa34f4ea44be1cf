#include "server/gateway/api_keys.hpp"

#include <string>

namespace caisson {
namespace {

/// Digits that the config has checked.
protocol::sha256_digest digest_in(std::string_view hex) {
  protocol::sha256_digest out{};
  auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  for (std::size_t i = 0; i < out.size() && 2 * i + 1 < hex.size(); ++i)
    out[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4
                                        | digit(hex[2 * i + 1]));
  return out;
}

} // namespace

limit_key limit_key_of(std::string_view text) {
  auto digest = protocol::sha256_of(text);
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
  auto at = owners_.find(protocol::sha256_of(key));
  return at == owners_.end() ? nullptr : &at->second;
}

} // namespace caisson
