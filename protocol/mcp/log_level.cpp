#include "protocol/mcp/log_level.hpp"

#include <algorithm>

namespace caisson::protocol::mcp {
namespace {

constexpr std::array<std::string_view, 8> names{
  R"("debug")", R"("info")",     R"("notice")", R"("warning")",
  R"("error")", R"("critical")", R"("alert")",  R"("emergency")"};

} // namespace

std::optional<log_level> log_level_of(std::string_view json) noexcept {
  const auto* const found = std::find(names.begin(), names.end(), json);
  if (found == names.end())
    return std::nullopt;
  return static_cast<log_level>(found - names.begin());
}

std::string_view json_of(log_level level) noexcept {
  return names[static_cast<std::size_t>(level)];
}

} // namespace caisson::protocol::mcp
