#pragma once

#include <cstdint>
#include <string>

#include "actors/cluster/messages.hpp"

namespace caisson {

/// The door to other nodes. What becomes of links is told to the actor that was
/// exposed last: `peer_linked`, `peer_unlinked`. Any thread may call.
class cluster_port {
public:
  virtual ~cluster_port() = default;

  /// From now on peers speak to this actor. Links to an earlier one end.
  virtual void expose(const cluster_actor& whom) = 0;

  /// Calls a node, HOST:PORT; one that is called already is not called twice.
  virtual void dial(const std::string& address) = 0;

  /// Ends the link with that node, if there is one.
  virtual void drop(const std::string& name) = 0;

  /// Lets nobody in any more: this node leaves.
  virtual void close() = 0;

  /// In which incarnation this node greets.
  virtual void live_as(std::uint64_t incarnation) = 0;

  /// Where others reach this node.
  virtual std::string address() const = 0;

  /// What this node shows of itself.
  virtual std::string report(report_kind of) = 0;
};

} // namespace caisson
