#pragma once

#include <memory>
#include <string>

#include "protocol/mcp/admission.hpp"
#include "protocol/sse.hpp"
#include "server/http/requester.hpp"

namespace caisson {

class pipe_client;

/// A message that has come in by a pipe, and whoever waits for what is answered
/// to it there: one line, or several where the answer is a stream. What only
/// HTTP has (statuses, fields, media types) has nowhere to go.
class pipe_request final : public requester,
                           public std::enable_shared_from_this<pipe_request> {
public:
  /// It keeps the client, which keeps those that are open.
  pipe_request(std::shared_ptr<pipe_client> from, std::string line,
               const std::optional<protocol::mcp::session>& in);

  const protocol::mcp::admission& what() const noexcept { return what_; }

  /// The request that it is; nullptr for anything else.
  const protocol::mcp::message* asked() const noexcept;

  /// Nothing is said any more, and whoever works for it hears so.
  void give_up();

  /// It has no more time: it is answered by a fault.
  void end(const fault& why);

  std::shared_ptr<requester> hold() override { return shared_from_this(); }
  io_thread& home() noexcept override;
  door& through() noexcept override;
  const request_context& request() const noexcept override { return context_; }
  bool waits_for(std::uint64_t request) const noexcept override {
    return context_.id == request && !done_;
  }
  void watch(client_watcher* who) noexcept override { watcher_ = who; }
  void answer(unsigned status, std::string_view content_type, bytes body,
              std::string_view fields = {}) override;
  void refuse(const fault& why, std::string_view fields = {},
              unsigned status = 0,
              const protocol::limit_notice* limit = nullptr) override;
  void show(const rate_fields&) noexcept override {}
  void proceed() override;
  void begin_stream(std::string_view, std::string_view) override {}
  void stream(bytes chunk) override;
  void end_stream() override { close(); }

private:
  void close();

  std::shared_ptr<pipe_client> from_;
  std::string line_; ///< `what_` looks into it
  protocol::mcp::admission what_;
  request_context context_;
  client_watcher* watcher_ = nullptr;
  protocol::sse_decoder events_;
  bool done_ = false;
};

} // namespace caisson
