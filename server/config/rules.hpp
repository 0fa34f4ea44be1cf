#pragma once

#include "server/config/value.hpp"

namespace caisson::config {

// What the rows of the schema expect of their values, by name: each is made of
// the forms of `addresses.hpp` and says in words what it expects.

/// Instead of a time to hedge after: after what is usual for the target.
inline constexpr std::string_view observed_p95 = "p95";

rule name_rule();
rule names_rule();
rule ip_rule();
/// HOST:PORT of another node.
rule peer_rule();
rule peers_rule();
rule url_rule();
rule web_url_rule();
/// Of a client at an authorization server.
rule client_id_rule();
rule scopes_rule();
rule file_rule();
rule user_rule();
rule model_rule();
rule models_rule();
rule tools_rule();
rule chain_rule();
rule target_rule();
rule hedge_rule_of_a_model();
rule networks_rule();
rule hosts_rule();
rule origins_rule();
rule digest_rule();
/// USD for a million tokens.
rule price_rule();
/// Requests or tokens; 0 is no limit.
rule limit_rule();
rule port_rule();
rule wait_rule();
rule folder_rule();
rule storage_url_rule();

} // namespace caisson::config
