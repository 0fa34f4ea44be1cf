#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "protocol/openapi/operation.hpp"

namespace caisson::protocol::openapi {

inline constexpr std::size_t longest_tool_name = 64;

/// The parts of a description that a tool is made of.
struct tool_source {
  const boost::json::value& root;
  const boost::json::object& operation;
  /// In the order of `operation::parameters`.
  std::vector<const boost::json::object*> parameters;
  const boost::json::value* body; ///< its schema; nullptr: not said
};

/// A name out of what the description calls an operation, else out of its verb
/// and path: what is no letter, digit, `_`, `-` or `.` becomes `_`.
std::string tool_name(std::string_view operation_id, std::string_view verb,
                      std::string_view path);

/// The definition of a tool: its input schema has each parameter by its
/// argument, and the body as `body`; the hints follow from the verb (RFC 9110,
/// 9.2: GET is safe, PUT and DELETE are idempotent).
std::string write_tool(const operation& what, const tool_source& from);

} // namespace caisson::protocol::openapi
