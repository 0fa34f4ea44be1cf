#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/limits/counts.hpp"
#include "actors/limits/quota.hpp"

namespace caisson {

/// Each client's windows are kept by one node, found by rendezvous hashing.
/// What came in here is known here too, and told to whoever keeps them next.
///
///   question ──► this node keeps them ──► decided for all
///      │
///      ├──► held beforehand ──► passes at once
///      │
///      ├──► the keeper ── granted, refused ──► told
///      │        └── late, not linked, keeps them not ──┐
///      └──► nobody keeps them: most nodes are not seen ┴──► decided here, for
///                                                           this node's share
///
/// What it does for its own clients is in peer_counts.cpp, what it puts right
/// afterwards in peer_corrections.cpp, what it does as a keeper for all in
/// peer_keeping.cpp. The bounds are stated in adr/0032.
class peer_counter final : public limit_counts,
                           public std::enable_shared_from_this<peer_counter> {
public:
  explicit peer_counter(limiter_ptr self);

  void ask(const limit_question& x) override;
  void settle(const limit_settlement& x) override;
  void sweep() override;

  quota_answer answer(const quota_question& x) override;
  quota_answer change(const quota_change& x) override;
  void recall(const quota_recall& x) override;

private:
  /// A client that may hold something which has to go back.
  struct hold {
    limit_key who;
    time_point since;
  };

  /// A keeper has not answered.
  struct silence {
    time_point since{};
    time_point until{}; ///< then one question tries it again
  };

  time_point now() const { return self_->clock().now(); }
  account& account_of(const limit_key& who, bool known);
  account* find(const limit_key& who);
  void in_this_era(account& whose) const;
  /// Another node that says something in words of this version.
  std::optional<std::size_t> other(std::uint16_t version,
                                   const std::string& name) const;
  std::optional<cluster_keeper> keeper_of(const limit_key& who) {
    return peers_.keeper_of(who.high, now());
  }

  /// Words of this node about a client's limits.
  template <class Words>
  Words about(const limit_key& who, const charges& what) const {
    Words out;
    out.name = peers_.self_name();
    out.high = who.high;
    out.low = who.low;
    out.what = quota_lines(what);
    return out;
  }

  // For its own clients.
  /// A question on its way to a keeper.
  struct asking {
    limit_question what;
    cluster_keeper keeper;
    time_point since{};
    std::uint64_t forgettings = 0; ///< of the account, when it was put
    std::uint32_t units = 0;       ///< that were wanted
  };
  using uses = std::array<std::uint64_t, charges::capacity>;

  standing decide_own(const limit_question& x, account& whose);
  void decide_alone(const limit_question& x);
  std::optional<standing> held(const limit_question& x, account& whose,
                               const cluster_keeper& keeper);
  bool doubted(std::size_t node);
  void add_past_of(account& whose, const charges& what, const slot_set& told,
                   quota_question& to);
  void put(const limit_question& x, account& whose,
           const cluster_keeper& keeper);
  void on_answer(const asking& it, const quota_answer& said);
  void on_silence(const asking& it);
  void spend_here(account& whose, const charges& what);
  void unspend(account& whose, const asking& it);
  void keep(const asking& it, account& whose, const standing& how,
            std::uint32_t units);
  void return_expired(const limit_key& who, node_account& it);
  /// Tells the keeper that not all was used that it was told of, or more; where
  /// there is one, and it believes what it was told.
  void correct(const limit_key& who, const charges& reserved, const uses& used,
               duration age);
  template <class Errand>
  void tell_keeper(const limit_key& who, Errand what);

  // As a keeper.
  allowance decide_as_keeper(const limit_key& who, account& whose,
                             limit_windows& through, const charges& what,
                             std::uint32_t units);
  void ask_for_past(const limit_key& who, node_account& it,
                    const charges& what);

  limiter_ptr self_;
  cluster_keepers peers_;
  std::uint64_t era_;
  std::map<std::size_t, silence> doubts_; ///< by node
  std::deque<hold> holds_;                ///< the oldest first
  metrics::counter by_keeper_;
  metrics::counter by_lease_;
  metrics::counter by_peer_;
  metrics::counter by_share_;
};

} // namespace caisson
