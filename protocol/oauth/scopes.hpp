#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::oauth {

using scope_list = std::vector<std::string>;

/// The words of a scope, each once, in their order. What could be none (RFC
/// 6749, section 3.3) is left out.
scope_list scopes_in(std::string_view text);

/// One text, with blanks between.
std::string joined(const scope_list& scopes);

/// What is known of scopes when some are to be asked for.
struct scope_facts {
  scope_list configured;
  std::optional<std::string> challenged;
  std::optional<scope_list> of_resource;
  scope_list of_server;
  scope_list before; ///< what was asked for last time
};

/// What to ask for: what the config says and the challenge asks for, else all
/// of the resource's; with what there was before, so that a step up takes
/// nothing away, and with `offline_access` where the server knows it, so that
/// no person is needed again. Empty: nothing is asked for, and the server
/// decides.
scope_list wanted_scopes(const scope_facts& from);

/// Whether `all` has every one of `some`.
bool has_all(const scope_list& all, const scope_list& some);

} // namespace caisson::protocol::oauth
