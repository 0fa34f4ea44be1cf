#include "server/cluster/peer_table.hpp"

#include <algorithm>

namespace caisson::peering {

using protocol::greeting;
using protocol::welcome;

/// Ids of CAF are made of a machine and a process: copies of a container may
/// have the same, and CAF would mistake one for the other.
bool peer_table::is_twin(const greeting& whom) const {
  return std::any_of(peers_.begin(), peers_.end(), [&](auto& x) {
    return x.first != whom.name && x.second.open && x.second.id == whom.id;
  });
}

peer_table::verdict peer_table::judge(const greeting& from, std::uint64_t link,
                                      time_point now) {
  if (from.name == self_)
    return {welcome::self, {}};
  if (is_twin(from))
    return {welcome::twin, {}};
  verdict out;
  auto known = peers_.find(from.name);
  if (known != peers_.end()) {
    auto& old = known->second;
    if (!old.open && self_ < from.name)
      return {welcome::linked, {}};
    if (old.open && now - old.heard < silence_)
      return {old.incarnation == from.incarnation ? welcome::linked
                                                  : welcome::taken,
              {}};
    // A call of this node's own ends by itself: it will be told no.
    if (old.open)
      out.replaced = old.link;
  }
  peers_[from.name] = {link, from.incarnation, from.id, true, now};
  return out;
}

bool peer_table::calling(const std::string& name, std::uint64_t link) {
  if (name == self_)
    return true; // to be told so: nobody else knows the address
  return peers_.try_emplace(name, peer{link, 0, {}, false, {}}).second;
}

welcome peer_table::answered(const greeting& by, std::uint64_t link,
                             time_point now) {
  auto known = peers_.find(by.name);
  if (known == peers_.end() || known->second.link != link)
    return welcome::linked; // another has come in between
  if (is_twin(by))
    return welcome::twin;
  known->second = {link, by.incarnation, by.id, true, now};
  return welcome::yes;
}

void peer_table::heard(const std::string& name, std::uint64_t link,
                       time_point now) {
  auto known = peers_.find(name);
  if (known != peers_.end() && known->second.link == link)
    known->second.heard = now;
}

void peer_table::ended(const std::string& name, std::uint64_t link) {
  auto known = peers_.find(name);
  if (known != peers_.end() && known->second.link == link)
    peers_.erase(known);
}

bool peer_table::linked(const std::string& name) const {
  auto known = peers_.find(name);
  return known != peers_.end() && known->second.open;
}

std::optional<std::uint64_t>
peer_table::link_of(const std::string& name) const {
  auto known = peers_.find(name);
  if (known == peers_.end())
    return std::nullopt;
  return known->second.link;
}

} // namespace caisson::peering
