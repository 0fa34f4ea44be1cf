#include "actors/mcp/settings.hpp"

namespace caisson {

std::string_view name_of(name_prefix how) noexcept {
  switch (how) {
    case name_prefix::never:
      return "never";
    case name_prefix::on_collision:
      return "on_collision";
    case name_prefix::always:
      return "always";
  }
  return {};
}

std::string_view name_of(large_result how) noexcept {
  switch (how) {
    case large_result::truncate:
      return "truncate";
    case large_result::error:
      return "error";
    case large_result::spill:
      return "spill";
  }
  return {};
}

} // namespace caisson
