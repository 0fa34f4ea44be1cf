#include "actors/limits/settings.hpp"

namespace caisson {

std::string_view name_of(limit_mode mode) noexcept {
  switch (mode) {
    case limit_mode::enforce:
      return "enforce";
    case limit_mode::log_only:
      return "log_only";
    case limit_mode::disabled:
      return "disabled";
  }
  return {};
}

std::string_view name_of(limit_store store) noexcept {
  switch (store) {
    case limit_store::automatic:
      return "auto";
    case limit_store::memory:
      return "memory";
    case limit_store::redis:
      return "redis";
    case limit_store::cluster:
      return "cluster";
  }
  return {};
}

std::string_view name_of(tier which) noexcept {
  switch (which) {
    case tier::anonymous:
      return "anonymous";
    case tier::free:
      return "free";
    case tier::standard:
      return "standard";
    case tier::premium:
      return "premium";
    case tier::enterprise:
      return "enterprise";
  }
  return {};
}

std::string_view name_of(endpoint which) noexcept {
  switch (which) {
    case endpoint::llm:
      return "llm";
    case endpoint::read:
      return "read";
  }
  return {};
}

std::optional<limit_mode> limit_mode_of(std::string_view name) noexcept {
  for (auto mode :
       {limit_mode::enforce, limit_mode::log_only, limit_mode::disabled})
    if (name_of(mode) == name)
      return mode;
  return std::nullopt;
}

const tier_settings& tiers_settings::of(tier which) const noexcept {
  return member_for(*this, which);
}

const std::optional<std::uint64_t>&
tool_limit_settings::of(tier which) const noexcept {
  return member_for(*this, which);
}

std::uint64_t endpoint_settings::of(endpoint which) const noexcept {
  return which == endpoint::llm ? llm : read;
}

} // namespace caisson
