#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "actors/call.hpp"
#include "actors/settings.hpp"
#include "protocol/cluster/greeting.hpp"

namespace caisson::peering {

/// Who is linked: one link at most for each name. No sockets, no clock.
///
/// Two nodes that call each other at once would each refuse the other's call,
/// or take both: the call of the smaller name stands.
///
///   (none) ── `calling` ──► greeted ── "yes" ──► linked ── `ended` ──► (none)
///      └───── `judge`: yes ───────────────────────►
class peer_table {
public:
  /// `silence`: a link of which nothing has been heard for so long may be
  /// replaced by another of that name.
  peer_table(std::string self, millis silence)
    : self_(std::move(self)), silence_(silence) {}

  struct verdict {
    protocol::welcome answer = protocol::welcome::yes;
    /// The link that gives way to the new one.
    std::optional<std::uint64_t> replaced;
  };

  /// A peer has called: what it is told. With a yes the link stands.
  verdict judge(const protocol::greeting& from, std::uint64_t link,
                time_point now);

  /// This node has called and knows by the certificate who answers: whether it
  /// should go on.
  bool calling(const std::string& name, std::uint64_t link);

  /// The one that was called has said yes: whether its link stands.
  protocol::welcome answered(const protocol::greeting& by, std::uint64_t link,
                             time_point now);

  /// Something came over a link.
  void heard(const std::string& name, std::uint64_t link, time_point now);

  void ended(const std::string& name, std::uint64_t link);

  bool linked(const std::string& name) const;

  std::optional<std::uint64_t> link_of(const std::string& name) const;

private:
  struct peer {
    std::uint64_t link = 0;
    std::uint64_t incarnation = 0;
    std::string id;
    bool open = false; ///< else called, and greeted
    time_point heard{};
  };

  bool is_twin(const protocol::greeting& whom) const;

  std::string self_;
  millis silence_;
  std::map<std::string, peer> peers_;
};

} // namespace caisson::peering
