#include "actors/cache/settings.hpp"

#include <array>

namespace caisson {

std::string_view name_of(cache_l2 layer) noexcept {
  constexpr std::array<std::string_view, 3> names{"auto", "redis", "off"};
  auto index = static_cast<std::size_t>(layer);
  return index < names.size() ? names[index] : std::string_view{};
}

} // namespace caisson
