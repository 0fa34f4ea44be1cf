#include "protocol/mcp/methods.hpp"

#include <algorithm>
#include <array>

namespace caisson::protocol::mcp {
namespace {

constexpr bool yes = true;
constexpr bool no = false;

/// THE table. Source: the schemas of 2025-11-25 and 2026-07-28.
constexpr std::array methods{
  // name, legacy, modern, named by, cacheable, may ask
  method{"initialize", yes, no},
  method{"ping", yes, no},
  method{"logging/setLevel", yes, no},
  method{"resources/subscribe", yes, no},
  method{"resources/unsubscribe", yes, no},
  method{"server/discover", no, yes, name_source::none, yes},
  method{"subscriptions/listen", no, yes},
  method{"tools/list", yes, yes, name_source::none, yes},
  method{"tools/call", yes, yes, name_source::name, no, yes},
  method{"prompts/list", yes, yes, name_source::none, yes},
  method{"prompts/get", yes, yes, name_source::name, no, yes},
  method{"resources/list", yes, yes, name_source::none, yes},
  method{"resources/templates/list", yes, yes, name_source::none, yes},
  method{"resources/read", yes, yes, name_source::uri, yes, yes},
  method{"completion/complete", yes, yes},
};

} // namespace

const method* find_method(std::string_view name) noexcept {
  const auto at = std::find_if(methods.begin(), methods.end(),
                               [=](auto& row) { return row.name == name; });
  return at == methods.end() ? nullptr : &*at;
}

bool has_method(era spoken, std::string_view name) noexcept {
  const auto* row = find_method(name);
  return row && (spoken == era::modern ? row->modern : row->legacy);
}

} // namespace caisson::protocol::mcp
