#include "server/config/settings.hpp"

#include <unistd.h>

#include <array>

#include "server/config/addresses.hpp"

namespace caisson {
namespace {

template <class Enum, std::size_t Size>
std::string_view entry(const std::array<std::string_view, Size>& names,
                       Enum value) noexcept {
  auto index = static_cast<std::size_t>(value);
  return index < Size ? names[index] : std::string_view{};
}

} // namespace

std::string short_hostname() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0)
    return "caisson";
  std::string name{buffer.data()};
  name = name.substr(0, name.find('.'));
  return config::is_node_name(name) ? name : "caisson";
}

std::string_view name_of(log_level level) noexcept {
  static constexpr std::array<std::string_view, 6> names{
    "trace", "debug", "info", "warn", "error", "off"};
  return entry(names, level);
}

std::string_view name_of(log_format format) noexcept {
  static constexpr std::array<std::string_view, 2> names{"json", "text"};
  return entry(names, format);
}

std::string_view name_of(storage_kind kind) noexcept {
  static constexpr std::array<std::string_view, 1> names{"sqlite"};
  return entry(names, kind);
}

std::string_view name_of(unknown_keys what) noexcept {
  static constexpr std::array<std::string_view, 2> names{"anonymous", "refuse"};
  return entry(names, what);
}

const rollout& features_settings::of(feature which) const noexcept {
  switch (which) {
    case feature::resilience:
      return resilience;
    case feature::rate_limiting:
      return rate_limiting;
    case feature::caching:
      return caching;
    case feature::semantic_cache:
      return semantic_cache;
    case feature::stream_failover:
      return stream_failover;
    case feature::hedging:
      break;
  }
  return hedging;
}

} // namespace caisson
