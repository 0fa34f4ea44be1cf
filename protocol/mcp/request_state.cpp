#include "protocol/mcp/request_state.hpp"

#include "protocol/mcp/big_endian.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view state_purpose = "request state";

std::string binding(const state_use& use) {
  return bound(use.principal, bound(use.method, use.name));
}

} // namespace

std::string seal_state(std::string_view content, const state_use& use,
                       std::chrono::sys_seconds expires, const sealer& with,
                       const sealing_salt& salt) {
  std::string dated;
  append_time(dated, expires);
  dated += content;
  return with.seal(state_purpose, binding(use), dated, salt);
}

checked<std::string> open_state(std::string_view state, const state_use& use,
                                const sealer& with,
                                std::chrono::sys_seconds now) {
  auto dated = with.open(state_purpose, binding(use), state);
  if (!dated || dated->size() < time_size || now >= read_time(*dated))
    return invalid_params("requestState is not one of this request, or has "
                          "expired.");
  return dated->substr(time_size);
}

} // namespace caisson::protocol::mcp
