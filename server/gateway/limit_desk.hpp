#pragma once

#include <array>
#include <functional>
#include <memory>

#include "actors/telemetry/metrics.hpp"
#include "actors/tree.hpp"
#include "server/gateway/api_keys.hpp"
#include "server/gateway/chat_bill.hpp"
#include "server/gateway/demand.hpp"
#include "server/gateway/feature_control.hpp"
#include "server/gateway/limit_control.hpp"
#include "server/gateway/revoked_keys.hpp"
#include "server/http/gatekeeper.hpp"
#include "server/http/session.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// The gatekeeper of one I/O thread: knows clients by their key or address,
/// asks the limiter shard that keeps their windows, and says on their session
/// what came of it.
///
///   session ─ask─► desk ─limit_question─► limiter shard (perhaps elsewhere)
///      ▲                                       │ standing
///      └──proceed, or 429──  desk  ◄───────────┘
///
/// A question that is lost with a shard is put again, a few times: a crash
/// neither lets anybody through unseen nor leaves one without an answer.
class limit_desk final : public gatekeeper {
public:
  /// What was set of callers while the node runs.
  struct surroundings {
    limit_control& control;
    const feature_control& features;
    const revoked_keys& revoked;
  };

  limit_desk(io_thread& home, const tree& actors, surroundings around,
             metrics::registry& metrics);

  bool on_duty() const noexcept override {
    return control_.mode() != limit_mode::disabled;
  }
  bool must_know() const noexcept override {
    return !features_.whole() || revoked_.any();
  }
  visitor identify(const http::request_head& head,
                   const boost::asio::ip::address& peer) override;
  void ask(requester& from) override;
  void look(requester& from) override;

  using billed = std::function<void(session&, std::unique_ptr<chat_bill>)>;

  /// Reserves what a request may take of its client's tokens and money,
  /// where those are limited. `then` is called when it may go on: at once, or
  /// later on this thread; else the session is refused.
  void bill(session& from, const demand& takes, billed then);

  /// Whose limits something is held against that is done for a request, and not
  /// by its session.
  struct account {
    visitor who;
    bool limited = false;
  };

  using opened = std::function<void(result<std::unique_ptr<chat_bill>>)>;

  /// The same for a question to a model in somebody's name, which counts as a
  /// request for a model's answer besides. `then` is called once: at once, or
  /// later on this thread.
  void open(const account& whose, const demand& takes, opened then);

  /// Why something is not let through, and which limit its client has reached.
  struct over_limit {
    fault why;
    std::string_view tier;
    std::string limit; ///< a JSON number; empty where it was none

    /// For whoever is told.
    std::optional<protocol::limit_notice> notice() const {
      return limit.empty() ? std::nullopt
                           : std::optional{protocol::limit_notice{tier, limit}};
    }
  };

  /// Whether calls of a tool are counted for that client.
  bool counts_calls(const account& whose, std::string_view tool) const;

  using counted = std::function<void(const std::optional<over_limit>&)>;

  /// Counts a call of a tool, where that is limited: each client has an account
  /// for each tool. `then` is called once: at once, or later on this thread.
  void count_call(const account& whose, std::string_view tool, counted then);

private:
  visitor known_by_key(std::string_view key, const limit_rules& rules) const;
  charges charges_of(const account& whose, std::string_view tool) const;

  class waiter;
  /// What is asked, and what is done with the answer.
  struct inquiry {
    limit_key who;
    bool known = false;
    charges what;
    /// Whether anybody still wants to know, where nobody can be told.
    std::function<bool()> waits;
    std::function<void(const standing&)> then;
    std::function<void(const fault&)> give_up;
    unsigned tries = 1;
  };

  /// What becomes of a request's own inquiry; `waits`: it is still there.
  using heard = std::function<void(requester&, bool waits, const standing&)>;

  /// What a request takes where it is, whatever it asks for.
  charges of_request(requester& from) const;
  void put(requester& from, charges what, heard then);
  void put(inquiry what);
  void lost(inquiry what);
  void tell(requester& to, const standing& how);
  void judge(requester& to, const standing& how, time_point began);
  /// Why it is refused, if it is.
  std::optional<fault> over(const visitor& who, endpoint where,
                            const standing& how);
  /// True: it is refused.
  bool over(requester& to, const standing& how);
  charges reservation(const account& whose, const demand& takes,
                      const limit_rules& rules) const;
  void reserve(const account& whose, const demand& takes, opened then);
  metrics::counter& exceeded(tier who, endpoint where, limit_type what);

  io_thread& home_;
  const tree& actors_;
  limit_control& control_;
  const feature_control& features_;
  const revoked_keys& revoked_;
  metrics::registry& metrics_;
  address_names addresses_;
  std::array<metrics::histogram, limit_source_count> took_;
  static constexpr std::size_t types = 7;
  std::array<metrics::counter, tier_count * endpoint_count * types> exceeded_;
};

} // namespace caisson
