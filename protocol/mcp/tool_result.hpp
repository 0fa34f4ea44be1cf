#pragma once

#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson::protocol::mcp {

/// The members of the result of `tools/call`, and whether it says that the call
/// has failed.
struct tool_result {
  std::string members;
  bool failed = false;
};

/// A result that is a JSON object; as a text too, for clients of revisions
/// without structured content. `text`, where given, is that text instead.
tool_result structured_result(std::string_view object,
                              std::string_view text = {});

/// A result that is a text for the model, which may mend its arguments by it.
tool_result failed_call(std::string_view why);

/// The same of a fault: what is wrong, and whether to ask again. `before` is a
/// sentence to come first, or empty.
tool_result failed_call(const fault& why, std::string_view before = {});

} // namespace caisson::protocol::mcp
