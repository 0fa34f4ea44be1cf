#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "actors/tree.hpp"
#include "protocol/fronts/front.hpp"
#include "server/gateway/limit_desk.hpp"
#include "server/http/routes.hpp"
#include "server/http/session.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// Between the sessions of one I/O thread and its front-end actor: makes words
/// of a request, and tells when its client has gone.
class gateway final : public client_watcher {
public:
  gateway(io_thread& home, const tree& actors, limit_desk& limits,
          const std::atomic<std::int64_t>& request_timeout_ms)
    : home_(home), actors_(actors), limits_(limits),
      request_timeout_ms_(request_timeout_ms) {}

  /// A chat request in the dialect of a front: `POST /v1/chat/completions`,
  /// `POST /v1/messages`.
  void chat(session& from, incoming& request, const protocol::front& by);

  void client_gone(std::uint64_t request) override;

private:
  void submit(session& to, call_ptr what, const protocol::front& by,
              std::unique_ptr<chat_bill> bill);

  io_thread& home_;
  const tree& actors_;
  limit_desk& limits_;
  const std::atomic<std::int64_t>& request_timeout_ms_;
};

/// The routes of the front door.
route_table api_routes(const tree& actors,
                       std::vector<std::unique_ptr<gateway>>& gateways);

} // namespace caisson
