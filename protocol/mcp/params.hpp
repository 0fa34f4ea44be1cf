#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"
#include "protocol/mcp/methods.hpp"

namespace caisson::protocol::mcp {

/// What `_meta` of a request says, in both eras. Views point into the body.
struct request_meta {
  bool present = false;
  /// `io.modelcontextprotocol/protocolVersion` stands there, whatever its
  /// value: the claim to be modern.
  bool claims = false;
  std::optional<std::string> version;   ///< nothing if it is no string
  std::string_view client_capabilities; ///< an object; empty if it is none
  std::string_view client_info;         ///< an object; empty if it is none
  std::optional<std::string> log_level;
  /// A string or a number as it stands, to be echoed with each progress.
  std::string_view progress_token;
};

/// The members of params that the protocol itself reads, whatever the method.
struct request_params {
  request_meta meta;
  std::optional<std::string> name;
  std::optional<std::string> uri;
  std::optional<std::string> task_id;
  std::optional<std::string> cursor;
  std::optional<std::string> protocol_version; ///< of `initialize`
  std::optional<std::string> request_state;
  std::string_view capabilities;    ///< of `initialize`; an object
  std::string_view client_info;     ///< of `initialize`; an object
  std::string_view arguments;       ///< an object; empty if it is none
  std::string_view input_responses; ///< an object; empty if it is none

  /// The value that the header Mcp-Name must repeat.
  const std::optional<std::string>& named(name_source by) const noexcept;
};

/// Reads params as a message has them: an object that `read_body` has passed,
/// or nothing at all. Members of an unexpected type count as absent: whoever
/// serves the method knows which of them it needs.
request_params read_params(std::string_view params);

/// Whether a JSON object has a member of that name, its value not null: how
/// capabilities are declared. False for an empty text.
bool declares(std::string_view object, std::string_view capability);

/// The value of a member as it stands; empty when there is none.
std::string_view member_of(std::string_view object, std::string_view name);

/// The text of a member that is a string, unescaped; nothing for another.
std::optional<std::string> text_of(std::string_view object,
                                   std::string_view name);

/// Calls `each` with the name, unescaped, and the value, as it stands, of every
/// member of such an object. It may look into the value.
void each_member_of(std::string_view object,
                    const std::function<void(std::string_view name,
                                             std::string_view value)>& each);

/// The object with that value, JSON, in the place of what a member has; as it
/// is where there is no such member.
std::string with_member(std::string_view object, std::string_view name,
                        std::string_view value);

/// The elements of an array that stands inside such a body, as they stand.
std::vector<std::string_view> elements_of(std::string_view array);

} // namespace caisson::protocol::mcp
