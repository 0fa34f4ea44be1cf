#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/upstream/origin.hpp"

namespace caisson::redis {

/// Where a Redis is, as the `url` of its dependency says:
///
///   redis://host[:port][/db]                       one server
///   redis+sentinel://host[:port],.../master[/db]   whom its sentinels call the
///                                                  master
///   redis+cluster://host[:port],...                a cluster; any of its nodes
///
/// with `rediss` instead of `redis` for TLS, to sentinels and servers alike.
struct address {
  enum class form : std::uint8_t { single, sentinel, cluster };

  form how = form::single;
  bool tls = false;
  /// The server, the sentinels, or nodes of the cluster to begin with.
  std::vector<upstream::origin> hosts;
  /// The name under which the sentinels know it.
  std::string master;
  std::uint32_t database = 0;

  /// Reads a url. Whatever is not of these forms (users, passwords, queries, a
  /// database in a cluster) is `config_invalid`; its `detail` goes on from the
  /// name of the option: "names no host".
  static result<address> parse(std::string_view url);

  static constexpr std::string_view forms
    = "redis://host[:port][/db], redis+sentinel://host[:port],.../master[/db] "
      "or redis+cluster://host[:port],..., rediss for TLS; user and password "
      "are options of their own";
};

/// A host and port as servers tell them; nothing when they are none.
std::optional<upstream::origin> origin_of(std::string_view host,
                                          std::string_view port);

} // namespace caisson::redis
