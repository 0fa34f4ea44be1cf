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

std::string_view name_of(oauth_grant how) noexcept {
  switch (how) {
    case oauth_grant::none:
      return "none";
    case oauth_grant::authorization_code:
      return "authorization_code";
    case oauth_grant::client_credentials:
      return "client_credentials";
  }
  return {};
}

} // namespace caisson
