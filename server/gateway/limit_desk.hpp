#pragma once

#include <array>
#include <memory>

#include "actors/telemetry/metrics.hpp"
#include "actors/tree.hpp"
#include "server/gateway/limit_control.hpp"
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
  limit_desk(io_thread& home, const tree& actors, limit_control& control,
             metrics::registry& metrics);

  bool on_duty() const noexcept override {
    return control_.mode() != limit_mode::disabled;
  }
  visitor identify(const http::request_head& head,
                   const boost::asio::ip::address& peer) override;
  void ask(session& from) override;

private:
  class waiter;

  void put(std::shared_ptr<session> from, time_point began, unsigned tries);
  void tell(session& to, const standing& how, time_point began);
  void lost(std::shared_ptr<session> to, std::uint64_t id, time_point began,
            unsigned tries);
  void refuse(session& to, const standing& how);
  metrics::counter& exceeded(tier who, endpoint where, limit_type what);

  io_thread& home_;
  const tree& actors_;
  limit_control& control_;
  metrics::registry& metrics_;
  std::array<metrics::histogram, 1> took_; ///< by source
  static constexpr std::size_t types = 6;
  std::array<metrics::counter, tier_count * endpoint_count * types> exceeded_;
};

} // namespace caisson
