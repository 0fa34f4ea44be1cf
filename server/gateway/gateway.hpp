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

  /// `POST /v1/embeddings`.
  void embeddings(session& from, incoming& request);

  void client_gone(std::uint64_t request) override;

private:
  /// A call of a request, but for its words.
  std::shared_ptr<call> begin(const session& from) const;

  /// Has the cache asked where an answer may be in it. What the client is told
  /// of an answer that is not: see chat_reply.
  std::string_view
  ask_cache(call& what,
            const std::shared_ptr<const protocol::chat_request>& body,
            const request_context& context) const;

  /// The same of vectors, each of which may be in it.
  std::string_view
  ask_cache(call& what,
            const std::shared_ptr<const protocol::embeddings_request>& body,
            const request_context& context) const;

  /// Hands the call to the front end, when its client may have what it takes.
  void submit(session& from, call_ptr what, const demand& takes,
              const protocol::front& by, std::string_view cache);

  io_thread& home_;
  const tree& actors_;
  limit_desk& limits_;
  const std::atomic<std::int64_t>& request_timeout_ms_;
};

/// The routes of the front door.
route_table api_routes(const tree& actors,
                       std::vector<std::unique_ptr<gateway>>& gateways);

} // namespace caisson
