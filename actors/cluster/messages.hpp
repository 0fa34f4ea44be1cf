#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cluster/flight.hpp"
#include "actors/cluster/quota.hpp"
#include "actors/messages.hpp"

namespace caisson {

// -- what crosses to other nodes ----------------------------------------------
// Plain, with a version in front: nodes of two releases meet in every rolling
// restart. A node ignores what is of another version.

inline constexpr std::uint16_t cluster_version = 1;

/// What a node knows of another, for those who do not.
struct member_line {
  std::string name;
  std::string address;
  std::uint64_t incarnation = 0;
  /// The sender has taken it for dead, in that incarnation.
  bool gone = false;
};

/// A node lives. One way: nobody waits for an answer to it.
struct cluster_beat {
  std::uint16_t version = cluster_version;
  std::string name;
  std::uint64_t incarnation = 0;
  std::vector<member_line> members;
  std::uint64_t forgets = 0; ///< orders to forget that it has given so far
};

/// A node ends, and means to.
struct cluster_farewell {
  std::uint16_t version = cluster_version;
  std::string name;
  std::uint64_t incarnation = 0;
};

/// A breaker of a node has opened, on what that node saw itself, or closed.
struct cluster_word {
  std::uint16_t version = cluster_version;
  std::string name;    ///< of the node
  std::string service; ///< `dependency` or `dependency/model`
  bool open = false;
  std::uint32_t episode = 0; ///< see breaker_word
  std::uint32_t left_ms = 0;
};

/// What can be told to one node and is meant for all.
enum class order_kind : std::uint8_t {
  forget,      ///< what the cache has under keys that begin with `subject`
  breaker,     ///< dependency `subject`: breaker mode `word`
  limits,      ///< limit mode `word`
  session_end, ///< of the MCP session whose key has the bytes `subject`
  /// What such a session wants to hear of: its key, then the URI; `word` is
  /// "on" or "off".
  subscription,
  log_level, ///< of such a session: `word`
  feature,   ///< `subject` is rolled out as `word` says, "on 50" or "off 50"
  key,       ///< of the digest `subject`, hex: `word` is "revoked" or "active"
};

/// An order was given, to the sender or to another node.
struct cluster_order {
  std::uint16_t version = cluster_version;
  std::string name; ///< of the sender
  std::uint8_t kind = 0;
  std::string subject;
  std::string word;
  /// Milliseconds since 1970: void from then on; 0: it holds for good.
  std::uint64_t until = 0;
  /// Of two the later one holds; the number of one to forget.
  std::uint64_t stamp = 0;
  std::string giver; ///< the node to which it was told
};

/// What a node can be asked about itself.
enum class report_kind : std::uint8_t {
  telemetry, ///< as `/telemetry` shows it
  metrics,   ///< as `/metrics` does
};

struct cluster_question {
  std::uint16_t version = cluster_version;
  std::uint8_t kind = 0;
};

/// Empty where there is none that can be sent.
struct cluster_report {
  std::uint16_t version = cluster_version;
  std::string text;
};

template <class Inspector>
auto inspect(Inspector& f, member_line& x) {
  return f(caf::meta::type_name("member_line"), x.name, x.address,
           x.incarnation, x.gone);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_beat& x) {
  return f(caf::meta::type_name("cluster_beat"), x.version, x.name,
           x.incarnation, x.members, x.forgets);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_farewell& x) {
  return f(caf::meta::type_name("cluster_farewell"), x.version, x.name,
           x.incarnation);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_word& x) {
  return f(caf::meta::type_name("cluster_word"), x.version, x.name, x.service,
           x.open, x.episode, x.left_ms);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_order& x) {
  return f(caf::meta::type_name("cluster_order"), x.version, x.name, x.kind,
           x.subject, x.word, x.until, x.stamp, x.giver);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_question& x) {
  return f(caf::meta::type_name("cluster_question"), x.version, x.kind);
}
template <class Inspector>
auto inspect(Inspector& f, cluster_report& x) {
  return f(caf::meta::type_name("cluster_report"), x.version, x.text);
}

/// Makes CAF know these types; each node and each test of several calls it.
void register_cluster_types(caf::actor_system_config& config);

/// The names under which it does: no message of another type comes in.
std::vector<std::string> cluster_words();

/// What a node is to the others.
using peer_actor = caf::typed_actor<
  // Notes that the sender lives, and whom it knows.
  caf::reacts_to<cluster_beat>,
  // Notes that the sender has left.
  caf::reacts_to<cluster_farewell>,
  // Doubts what has failed at the sender, or no longer.
  caf::reacts_to<cluster_word>,
  // Obeys.
  caf::reacts_to<cluster_order>,
  // Says what this node shows of itself.
  caf::replies_to<cluster_question>::with<cluster_report>,
  // Decides for a client whose windows this node keeps.
  caf::replies_to<quota_question>::with<quota_answer>,
  // Corrects what was charged there.
  caf::replies_to<quota_change>::with<quota_answer>,
  // Tells what has come in here of a client whose windows another keeps.
  caf::reacts_to<quota_recall>,
  // Says who fetches a value, if this node keeps its key.
  caf::replies_to<flight_claim>::with<flight_grant>,
  // Notes that nobody fetches it any more.
  caf::reacts_to<flight_release>,
  // Tells the sender how it goes.
  caf::reacts_to<flight_follow>,
  // Tells it no more.
  caf::reacts_to<flight_leave>,
  // Passes it on to those who wait.
  caf::reacts_to<flight_news>>;

// -- what stays here ----------------------------------------------------------

/// A link to another node is made.
struct peer_linked {
  std::string name;
  std::uint64_t incarnation = 0;
  std::string address;
  /// CAF's name of that node: who sends from there is that node.
  std::string node;
  std::uint64_t link = 0;
  /// Its member actor. Who has called knows it; who was called hears from it.
  caf::strong_actor_ptr whom;
};

/// A link has ended.
struct peer_unlinked {
  std::string name;
  std::uint64_t link = 0;
};

/// A breaker of this node has opened or closed.
struct breaker_told {
  std::string service;
  breaker_word what;
};

/// What somebody told this node and means for all; see `cluster_order`.
struct order {
  order_kind kind = order_kind::forget;
  std::string subject;
  std::string word;
  std::uint64_t until = 0;
};

/// This node was given it and has obeyed.
struct order_given {
  cluster_order what;
};

/// What one member says of itself; no text: it has not answered in time.
struct member_report {
  std::string name;
  std::string text;
};

/// Somebody wants to see the whole cluster: told once, without this node.
struct cluster_survey {
  report_kind kind = report_kind::telemetry;
  std::function<void(std::vector<member_report>)> tell;
};

/// A question of this node's limiters to another; `not_mine` where that one is
/// not linked.
struct quota_errand {
  std::string to;
  quota_question what;
};

/// To all of them.
struct quota_call {
  quota_recall what;
};

/// To one; answered likewise.
struct quota_notice {
  std::string to;
  quota_change what;
};

/// A claim of this node's cache, to the node that keeps the key.
struct flight_errand {
  std::string to;
  flight_claim what;
};

/// A word of this node's cache to another's. Who wants to follow one that is
/// not linked hears that nothing is fetched there; other words are lost.
struct flight_post {
  std::string to;
  std::variant<flight_release, flight_follow, flight_leave, flight_news> what;
};

using leave_atom = caf::atom_constant<caf::atom("leave")>;

/// The interface of the CLUSTER actor: who belongs, and is alive.
using cluster_actor = peer_actor::extend<
  // Greets a peer.
  caf::reacts_to<peer_linked>,
  // Forgets its handle.
  caf::reacts_to<peer_unlinked>,
  // Tells all peers.
  caf::reacts_to<breaker_told>,
  // Tells all peers.
  caf::reacts_to<order_given>,
  // Asks all members.
  caf::reacts_to<cluster_survey>,
  // Asks one member about a limit.
  caf::replies_to<quota_errand>::with<quota_answer>,
  // Asks all members about a limit.
  caf::reacts_to<quota_call>,
  // Tells one member about a limit.
  caf::replies_to<quota_notice>::with<quota_answer>,
  // Asks one member who fetches a value.
  caf::replies_to<flight_errand>::with<flight_grant>,
  // Tells one member about the fetching of a value.
  caf::reacts_to<flight_post>,
  // Says farewell: this node drains.
  caf::reacts_to<leave_atom>,
  // INTERNAL: a quarter of a heartbeat has gone by.
  caf::reacts_to<sweep_atom>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::peer_linked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::peer_unlinked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::breaker_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::order_given)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cluster_survey)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::flight_errand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::flight_post)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::quota_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::quota_errand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::quota_notice)
