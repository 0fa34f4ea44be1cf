#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/access.hpp"
#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// One argument of a tool that clients repeat in a header, because the tool's
/// schema has `"x-mcp-header": "Region"` there.
struct mirrored_argument {
  /// The names of the properties on the way to it.
  std::vector<std::string> path;
  std::string header; ///< `Mcp-Param-Region`
  enum class kind : std::uint8_t { string, integer, boolean } type{};
};

/// The arguments of a tool that are mirrored, from its `inputSchema`. Only
/// what `properties` alone lead to counts; a mark on anything but a string, an
/// integer or a boolean, one that is no token of HTTP, or the same one twice,
/// makes the schema unfit: nothing, and such a tool is better not offered.
std::optional<std::vector<mirrored_argument>>
mirrored_arguments(std::string_view input_schema);

/// The value of a header by its name, nothing when it did not come. Names are
/// compared as HTTP does.
using header_lookup
  = std::function<std::optional<std::string_view>(std::string_view)>;

/// Holds the headers of a call against its arguments, a JSON object or empty.
/// A header is missing though there is a value, is there though there is none
/// (null counts as none), is badly encoded or says something else: refused.
/// Integers are compared as numbers.
std::optional<rpc_error>
check_param_headers(const std::vector<mirrored_argument>& mirrored,
                    std::string_view arguments, const header_lookup& header);

/// The fields that a client of such a tool sends with a call, names and values;
/// none for an argument that is not given, or that no header can say.
header_list param_headers(const std::vector<mirrored_argument>& mirrored,
                          std::string_view arguments);

} // namespace caisson::protocol::mcp
