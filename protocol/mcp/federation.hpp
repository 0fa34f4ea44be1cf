#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/mcp/settings.hpp"
#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/upstream_offers.hpp"

namespace caisson::protocol::mcp {

/// What an upstream server was last known to offer, and the rules for it.
struct server_offers {
  std::string name; ///< the dependency's
  mcp_server_settings rules;
  offer_lists lists;
};

/// What the node and its upstream servers offer, as one: the node's own first,
/// then the servers in the order given, each in its own order. So the order is
/// the same as long as nobody offers something else, and what is offered of one
/// does not depend on those behind it.
///
/// Tools and prompts go by names, of which no two are the same (name_prefix);
/// resources by URIs, which clients must be able to find in what servers say:
/// they stay as they are, and of two the first is offered. Immutable.
class federation {
public:
  /// What stands behind something that is offered.
  struct place {
    std::size_t server; ///< its number
    const upstream_offer* what;
  };

  federation(catalogue own,
             std::vector<std::shared_ptr<const server_offers>> servers);

  const catalogue& all() const noexcept { return all_; }
  const server_offers& server(std::size_t number) const noexcept {
    return *servers_[number];
  }

  /// What an upstream server offers under that name, URI or pattern; nothing
  /// where that is the node's own, or nobody's.
  std::optional<place> find(offer_kind of, std::string_view offered) const;

  /// Who can read a resource: who lists it, else the first with a template that
  /// it fits.
  std::optional<place> reader(std::string_view uri) const;

private:
  void take(std::size_t number);
  void take_named(offer_kind of, std::size_t number,
                  const upstream_offer& what);
  void take_addressed(offer_kind of, std::size_t number,
                      const upstream_offer& what);

  catalogue all_;
  std::vector<std::shared_ptr<const server_offers>> servers_;
  /// Nothing behind a name: it is the node's own.
  std::array<std::map<std::string, std::optional<place>, std::less<>>,
             offer_kinds>
    places_;
};

} // namespace caisson::protocol::mcp
