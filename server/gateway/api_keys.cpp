#include "server/gateway/api_keys.hpp"

#include "actors/hex.hpp"

namespace caisson {

std::optional<protocol::sha256_digest> key_digest_in(std::string_view hex) {
  protocol::sha256_digest out{};
  if (hex.size() != 2 * out.size()
      || hex.find_first_not_of(hex_digits) != std::string_view::npos)
    return std::nullopt;
  auto digit = [](char c) { return hex_digits.find(c); };
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4
                                        | digit(hex[2 * i + 1]));
  return out;
}

limit_key limit_key_of(std::string_view text) {
  auto digest = protocol::sha256_of(text);
  limit_key key;
  std::memcpy(&key.high, digest.data(), sizeof key.high);
  std::memcpy(&key.low, digest.data() + sizeof key.high, sizeof key.low);
  return key;
}

const limit_key& address_names::name_of(const std::string& address) {
  auto& one = kept_[std::hash<std::string>{}(address) % kept_.size()];
  if (one.address != address)
    one = {address, limit_key_of("address:" + address)};
  return one.key;
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
    // The config has checked its digits.
    auto digest = key_digest_in(x.sha256).value_or(protocol::sha256_digest{});
    owners_.emplace(digest, one);
    names_.emplace(x.name, digest);
  }
}

const api_keys::owner*
api_keys::find(const protocol::sha256_digest& key) const {
  auto at = owners_.find(key);
  return at == owners_.end() ? nullptr : &at->second;
}

} // namespace caisson
