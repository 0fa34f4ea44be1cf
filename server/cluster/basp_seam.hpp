#pragma once

#include <functional>
#include <optional>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/node_id.hpp>

namespace caisson::peering {

/// The application that all nodes are, in BASP's words; another release of the
/// protocol would be another.
inline constexpr auto application = "caisson/1";

/// Loads CAF's distribution: without this call a system knows no network.
void load_distribution(caf::actor_system_config& config);

/// Where connections are handed to CAF's distribution (adr/0028). CAF's own
/// middleman actor opens sockets and then tells the BASP broker of them by two
/// messages, one for each side; those are sent here, with one end of a socket
/// pair. So there is no port of BASP's, and nothing reaches it unseen.
class basp_seam {
public:
  explicit basp_seam(caf::actor_system& system);

  /// This node as BASP writes it.
  std::string id() const;

  /// The node that BASP would write so; nothing where it is none.
  std::optional<caf::node_id> node_of(const std::string& id) const;

  /// Serves a peer on a descriptor, which is CAF's from now on: `door` is what
  /// the peer gets a handle of.
  void serve(int descriptor, const caf::strong_actor_ptr& door);

  /// Greets the peer that serves on a descriptor. `then` hears, on a thread of
  /// CAF's, whom it lets speak to; nobody: it did not in 5 s.
  void greet(int descriptor,
             std::function<void(const caf::strong_actor_ptr&)> then);

private:
  caf::actor_system& system_;
  caf::actor broker_;
};

} // namespace caisson::peering
