#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace caisson::protocol::openapi {

/// Where a parameter stands in a request.
enum class place : std::uint8_t { path, query, header };

/// How a value that is no single word is written (OpenAPI, "Style Values").
enum class style : std::uint8_t { simple, form, spaces, pipes, deep };

struct parameter {
  std::string name;
  std::string argument; ///< what the tool calls it: the name, but for twins
  place in = place::query;
  style how = style::form;
  bool explode = true;
  bool required = false;
};

enum class body_kind : std::uint8_t { none, json, form, text };

/// What a tool calls the body of a request.
inline constexpr const char* body_argument = "body";

/// One thing that can be asked of an API, and the tool that stands for it.
struct operation {
  std::string name; ///< of the tool: letters, digits, `_`, `-`, `.`; 1 to 64
  std::string verb; ///< "GET"
  std::string path; ///< with `{parameters}`
  std::vector<parameter> parameters;
  body_kind body = body_kind::none;
  bool body_required = false;
  std::string media_type; ///< of the body
  std::string definition; ///< of the tool, as `tools/list` has it
};

/// How an API wants to be shown who asks.
struct credential {
  enum class way : std::uint8_t { bearer, basic, header, query };
  way how = way::bearer;
  std::string name; ///< of the header or the query's parameter
};

/// What one description of an API says.
struct api {
  std::vector<operation> operations; ///< in the description's order
  credential shown;
  /// Operations that no tool can stand for, with the reason.
  std::vector<std::string> left_out;
};

} // namespace caisson::protocol::openapi
