#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/settings.hpp"

namespace caisson {

/// How a node belongs to others, with the defaults.
struct cluster_settings {
  bool enabled = false;
  /// Where other nodes are let in.
  std::string bind = "127.0.0.1";
  /// 0 picks a free one.
  std::uint16_t port = 7946;
  /// HOST:PORT by which others reach this node; empty: `bind` and the port.
  std::string advertise;
  /// HOST:PORT of nodes to call; one that is alive is enough.
  std::vector<std::string> seeds;
  /// The names of all nodes that may belong, this one's too.
  std::vector<std::string> nodes;
  /// PEM files: the authority of this cluster alone, and who this node is.
  std::string ca;
  std::string cert;
  std::string key;
  /// How often a node tells the others that it lives.
  millis heartbeat{1'000};
  /// The silence after which it is taken for dead.
  millis dead_after{3'000};
};

} // namespace caisson
