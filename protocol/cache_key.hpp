#pragma once

#include <string>
#include <string_view>

namespace caisson::protocol {

/// Keys that are longer have their identifier hashed, and where that is not
/// enough their entity too.
inline constexpr std::size_t longest_cache_key = 200;

/// `<kind>:<entity>:<identifier>:<version>` (SPEC section 6). The entity is
/// the tenant, so that forgetting all of a tenant is forgetting a prefix. Of
/// what could be taken for a part's end (`:`) or for another key in the shared
/// store (braces, blanks, control characters) none may be inside: such a part
/// is hashed.
std::string cache_key(std::string_view kind, std::string_view entity,
                      std::string_view identifier, std::string_view version);

/// Whose answers they are, from the credential as shown: the first half of its
/// digest, so that nobody finds the key from it. `Bearer KEY` and `KEY` are
/// the same caller. Without one the caller is `anonymous`: all of those share,
/// as nothing tells them apart that they could not forge.
std::string tenant_of(std::string_view credential);

} // namespace caisson::protocol
