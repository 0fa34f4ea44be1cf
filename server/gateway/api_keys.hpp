#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "actors/limits/accounts.hpp"
#include "protocol/digest.hpp"
#include "protocol/http/head.hpp"
#include "server/config/settings.hpp"

namespace caisson {

/// A name for whoever the text stands for, to be told to actors.
limit_key limit_key_of(std::string_view text);

/// The key that a request shows, `Authorization: Bearer KEY` or `x-api-key:
/// KEY`: nothing where it shows none, empty where what it shows is no key.
std::optional<std::string_view> shown_key(const http::field_list& fields);

/// The keys of the config by their digests; the keys themselves are not known
/// here.
class api_keys {
public:
  struct owner {
    limit_key who;
    tier level = tier::free;
    std::optional<std::uint64_t> tokens_per_minute;
    std::uint64_t budget = 0; ///< billionths of a USD in any day; 0: no limit
  };

  api_keys() = default;
  explicit api_keys(const std::vector<api_key_settings>& list);

  bool empty() const noexcept { return owners_.empty(); }

  /// Whose key it is; nullptr when it is nobody's. Takes as long for any key.
  const owner* find(std::string_view key) const;

private:
  struct hash {
    std::size_t operator()(const protocol::sha256_digest& x) const noexcept {
      std::size_t start = 0;
      std::memcpy(&start, x.data(), sizeof start);
      return start;
    }
  };
  std::unordered_map<protocol::sha256_digest, owner, hash> owners_;
};

} // namespace caisson
