#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// Which member of params the header Mcp-Name repeats.
enum class name_source : std::uint8_t { none, name, uri, task_id };

/// What the protocol itself knows of a client's request.
struct method {
  std::string_view name;
  bool legacy = false;
  bool modern = false;
  name_source named_by = name_source::none;
  /// Modern: the result says how long and for whom it may be kept.
  bool cacheable = false;
  /// Modern: may be answered by a request for input.
  bool may_ask = false;
};

/// The row of that name; nullptr for a method that no revision has.
const method* find_method(std::string_view name) noexcept;

/// Whether that era has the method at all. That a server also serves it is
/// the server's own matter.
bool has_method(era spoken, std::string_view name) noexcept;

} // namespace caisson::protocol::mcp
