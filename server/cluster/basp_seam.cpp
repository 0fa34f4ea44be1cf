#include "server/cluster/basp_seam.hpp"

#include <set>
#include <utility>
#include <vector>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

namespace caisson::peering {
namespace {

constexpr std::chrono::seconds greets_within{5};
// Under which number the door is known to BASP; no port of TCP.
constexpr std::uint16_t door_number = 1;

std::string written(caf::actor_system& system, caf::node_id what) {
  std::vector<char> bytes;
  caf::binary_serializer to{system, bytes};
  if (to(what))
    return {};
  return {bytes.begin(), bytes.end()};
}

} // namespace

void load_distribution(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
  config.set("middleman.app-identifiers",
             std::vector<std::string>{application});
  // Whoever is linked is linked directly, and heard by heartbeats of ours.
  config.set("middleman.enable-automatic-connections", false);
}

basp_seam::basp_seam(caf::actor_system& system)
  : system_(system),
    broker_(system.middleman().named_broker<caf::io::basp_broker>(
      caf::atom("BASP"))) {}

std::string basp_seam::id() const {
  return written(system_, system_.node());
}

std::optional<caf::node_id> basp_seam::node_of(const std::string& id) const {
  caf::node_id out;
  caf::binary_deserializer from{system_, id.data(), id.size()};
  // Two ways to write one id would be two names for one node.
  if (from(out) || !out || written(system_, out) != id)
    return std::nullopt;
  return out;
}

void basp_seam::serve(int descriptor, const caf::strong_actor_ptr& door) {
  auto scribe = system_.middleman().backend().new_scribe(descriptor);
  caf::anon_send(broker_, caf::publish_atom::value, std::move(scribe),
                 door_number, door, std::set<std::string>{});
}

void basp_seam::greet(int descriptor,
                      std::function<void(const caf::strong_actor_ptr&)> then) {
  auto scribe = system_.middleman().backend().new_scribe(descriptor);
  system_.spawn<caf::hidden>(
    [broker = broker_, scribe, then](caf::event_based_actor* self) {
      self
        ->request(broker, greets_within, caf::connect_atom::value, scribe,
                  door_number)
        .then([then](const caf::node_id&, const caf::strong_actor_ptr& whom,
                     const std::set<std::string>&) { then(whom); },
              [then](const caf::error&) { then(nullptr); });
    });
}

} // namespace caisson::peering
