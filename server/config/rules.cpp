#include "server/config/rules.hpp"

#include "server/config/addresses.hpp"
#include "server/sqlite/address.hpp"

namespace caisson::config {

rule name_rule() {
  return text(is_node_name, "is no name for a node",
              "1 to 64 of A-Z a-z 0-9 . _ -");
}

rule names_rule() {
  return texts(is_node_name, "is no name for a node",
               "1 to 64 of A-Z a-z 0-9 . _ -");
}

rule peer_rule() {
  return text(is_peer, "is no address of a node",
              "a host and a port such as \"10.0.0.7:7946\"");
}

rule peers_rule() {
  return texts(is_peer, "is no address of a node",
               "a host and a port such as \"10.0.0.7:7946\"");
}

rule ip_rule() {
  return text(is_ip, "is no IP address",
              "an address such as \"127.0.0.1\" or \"::1\"");
}

rule url_rule() {
  // Whether it suits the kind is judged in checks.cpp.
  return text(
    [](std::string_view what) noexcept {
      return is_url(what) || is_redis_url(what);
    },
    "is no URL that can be called",
    "http:// or https:// with a host, without user, query or "
    "fragment");
}

rule web_url_rule() {
  return text(is_url, "is no URL of a site",
              "http:// or https:// with a host, without user, query or "
              "fragment");
}

rule client_id_rule() {
  return text(is_model_name, "is no name of a client",
              "1 to 256 characters without blanks, or the https address of a "
              "document about it");
}

rule scopes_rule() {
  return texts(
    [](std::string_view what) noexcept {
      return is_model_name(what)
             && what.find_first_of("\"\\") == std::string_view::npos;
    },
    "is no scope", "1 to 256 characters without blanks, quotes and \\");
}

rule file_rule() {
  return text(is_readable_file, "names no file that can be read",
              "the path of a file");
}

rule user_rule() {
  return text(is_model_name, "is no name of a user",
              "1 to 256 characters without blanks");
}

rule model_rule() {
  return text(is_model_name, "is no name of a model",
              "1 to 256 characters without blanks");
}

rule models_rule() {
  return texts(is_model_name, "is no name of a model",
               "1 to 256 characters without blanks");
}

rule tools_rule() {
  return texts(is_model_name, "is no name of a tool",
               "1 to 256 characters without blanks; * at the end for any rest");
}

rule chain_rule() {
  return texts(is_chain_target, "is no target", "\"dependency/model\"");
}

rule target_rule() {
  return text(is_chain_target, "is no target", "\"dependency/model\"");
}

rule hedge_rule_of_a_model() {
  return text(
    [](std::string_view what) noexcept {
      if (what == observed_p95)
        return true;
      auto set = parse_duration(what);
      return set && *set > 0;
    },
    "is no time to hedge after",
    "a duration such as \"800ms\", or \"p95\" for what is usual");
}

rule networks_rule() {
  return texts(is_network, "is no address and no network",
               "an address such as \"10.0.0.7\", or a network such as "
               "\"10.0.0.0/8\"");
}

rule hosts_rule() {
  return texts(is_host, "is no name of a host",
               "a name such as \"caisson.example.com\", for every port, or "
               "with one: \"caisson.example.com:8080\"");
}

rule origins_rule() {
  return texts(is_origin, "is no origin",
               "an origin such as \"https://app.example.com\", or \"*\"");
}

rule digest_rule() {
  return text(is_sha256, "is no SHA-256",
              "64 digits of 0-9 a-f, as of: printf %s KEY | sha256sum");
}

rule price_rule() {
  return real_between(0, 1'000'000);
}

rule limit_rule() {
  return integer(0, 1'000'000'000);
}

rule port_rule() {
  return integer(0, 65535);
}
rule wait_rule() {
  return duration("1ms", "24h");
}
rule folder_rule() {
  return text(is_folder, "names no folder that can be written to",
              "the absolute path of a folder that is there");
}

rule storage_url_rule() {
  return text(is_storage_url, "is no URL of a database",
              sqlite::address::forms);
}

} // namespace caisson::config
