#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/mcp/tool_filter.hpp"

namespace caisson {

/// Whether the names of what an upstream server offers begin with the server's.
enum class name_prefix : std::uint8_t {
  never,        ///< of two with the same name the first is offered
  on_collision, ///< where somebody before it has the same name
  always,
};

std::string_view name_of(name_prefix how) noexcept;

/// What becomes of a result that is larger than it may be.
enum class large_result : std::uint8_t {
  truncate, ///< its texts are cut, and the client is told
  error,    ///< the client is told that it was too large, and nothing else
  spill,    ///< it is kept for a while, and the client told where to read it
};

std::string_view name_of(large_result how) noexcept;

/// How the node comes by a token for an upstream MCP server.
enum class oauth_grant : std::uint8_t {
  none,               ///< not at all
  authorization_code, ///< a person says yes, once
  client_credentials, ///< the node has a name and a secret of its own there
};

std::string_view name_of(oauth_grant how) noexcept;

/// The node as a client of authorization servers.
struct oauth_settings {
  oauth_grant grant = oauth_grant::none;
  /// As it was registered there, or the https address of a document about the
  /// client; empty: the node registers itself.
  std::string client_id;
  /// Already resolved; never printed.
  std::string client_secret;
  /// The only authorization server that is believed; empty: the first that the
  /// server names.
  std::string issuer;
  /// Asked for beside what the server asks for.
  std::vector<std::string> scopes;

  bool operator==(const oauth_settings&) const = default;
};

/// How an upstream MCP server is started that talks by its standard input and
/// output.
struct mcp_process_settings {
  /// A program: a path, or a name that is looked for in the node's PATH.
  std::string command;
  std::vector<std::string> args;
  /// "NAME=value" each, secrets already resolved; never printed. Beside these
  /// it is given only what `inherit` names of the node's own environment.
  std::vector<std::string> env;
  std::vector<std::string> inherit{"PATH", "HOME", "LANG", "TZ", "TMPDIR"};
  /// Where it runs; empty: where the node does.
  std::string directory;
  /// More than so many starts within that time are too many; then it stays down
  /// for as long.
  std::uint32_t restarts = 5;
  std::chrono::milliseconds restarts_within{60'000};

  bool operator==(const mcp_process_settings&) const = default;
};

/// What a person can say of an upstream MCP server, beside what holds for every
/// dependency.
struct mcp_server_settings {
  name_prefix prefix = name_prefix::on_collision;
  /// Tools that are offered, by the server's own names.
  tool_filter tools;
  /// Bytes of the result of a tool.
  std::uint64_t max_result = 1024 * 1024;
  large_result on_large_result = large_result::truncate;
  /// Of kind "openapi": the file that describes the API, and its text as JSON.
  std::string spec;
  std::shared_ptr<const std::string> description;
  /// How often the server is asked what it offers.
  std::chrono::milliseconds refresh{60'000};
  /// Of a server that is a process of the node's own.
  mcp_process_settings process;
  /// Of a server over HTTP that wants a token.
  oauth_settings oauth;
};

} // namespace caisson
