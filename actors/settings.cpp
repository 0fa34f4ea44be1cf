#include "actors/settings.hpp"

#include <array>
#include <utility>

namespace caisson {
namespace {

using mode_row = std::pair<breaker_mode, std::string_view>;
constexpr auto modes = std::to_array<mode_row>({
  {breaker_mode::automatic, "auto"},
  {breaker_mode::forced_open, "forced_open"},
  {breaker_mode::disabled, "disabled"},
  {breaker_mode::metrics_only, "metrics_only"},
});

using jitter_row = std::pair<jitter_kind, std::string_view>;
constexpr auto jitters = std::to_array<jitter_row>({
  {jitter_kind::full, "full"},
  {jitter_kind::decorrelated, "decorrelated"},
  {jitter_kind::none, "none"},
});

template <class Rows, class Value>
std::string_view find_name(const Rows& rows, Value value) noexcept {
  for (auto& [key, name] : rows)
    if (key == value)
      return name;
  return {};
}

template <class Value, class Rows>
std::optional<Value> find_value(const Rows& rows,
                                std::string_view wanted) noexcept {
  for (auto& [key, name] : rows)
    if (name == wanted)
      return key;
  return std::nullopt;
}

} // namespace

std::string_view name_of(breaker_mode mode) noexcept {
  return find_name(modes, mode);
}

std::optional<breaker_mode> breaker_mode_of(std::string_view name) noexcept {
  return find_value<breaker_mode>(modes, name);
}

std::string_view name_of(jitter_kind kind) noexcept {
  return find_name(jitters, kind);
}

std::optional<jitter_kind> jitter_kind_of(std::string_view name) noexcept {
  return find_value<jitter_kind>(jitters, name);
}

} // namespace caisson
