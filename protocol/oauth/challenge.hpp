#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol::oauth {

/// How a server that refuses a request says that a token would help (RFC 6750,
/// section 3; RFC 9728, section 5.1).
struct challenge {
  std::string resource_metadata; ///< address of the document; may be empty
  std::optional<std::string> scope;
  std::string error;

  /// A token is there, and says too little: `insufficient_scope`.
  bool wants_more() const noexcept { return error == "insufficient_scope"; }
};

/// The challenge of scheme Bearer in the value of a `WWW-Authenticate` field,
/// which may have others; nothing where there is none.
std::optional<challenge> read_challenge(std::string_view field);

} // namespace caisson::protocol::oauth
