#pragma once

#include "server/http/routes.hpp"
#include "server/oauth/authorizers.hpp"

namespace caisson {

class session;

/// Adds the address to which a person's browser comes back with consent.
void add_oauth_callback(route_table& to, const oauth::authorizers& all);

/// Answers where a person gives consent for the dependency of that name.
void tell_consent_page(session& to, std::string_view dependency,
                       const oauth::authorizers& all);

} // namespace caisson
