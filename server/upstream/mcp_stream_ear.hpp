#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "protocol/mcp/upstream_reader.hpp"
#include "protocol/sse.hpp"
#include "server/io/io_thread.hpp"
#include "server/upstream/exchange.hpp"

namespace caisson::upstream {

/// Between two attempts to open such a stream.
inline constexpr std::chrono::seconds longest_stream_wait{60};

/// When one that begins now is to have found its server.
inline time_point stream_connect_by() {
  return io_thread::now() + std::chrono::seconds{5};
}

/// Listens to a stream on which a server says things by itself, for whoever
/// keeps it; may outlive that. `To` has `heard(events)` and `ended(refused)`,
/// and makes this its friend.
template <class To>
class mcp_stream_ear final : public exchange_listener {
public:
  explicit mcp_stream_ear(std::weak_ptr<To> to) : to_{std::move(to)} {}

  void started() override {}
  void more(bytes chunk, std::uint32_t) override {
    if (auto to = to_.lock())
      to->heard(chunk.data);
  }
  void finished(bytes whole, token_usage) override {
    if (auto to = to_.lock())
      to->ended(!whole.data.empty());
  }
  void failed(fault what) override {
    if (auto to = to_.lock())
      to->ended(what.kind == failure_kind::refused);
  }

private:
  std::weak_ptr<To> to_;
};

/// Calls `take` with each message of a text of whole events.
template <class Take>
void each_message(std::string_view events, Take take) {
  protocol::sse_decoder decoder{protocol::mcp::largest_message};
  protocol::sse_event event;
  decoder.feed(events);
  for (auto got = decoder.next(event); got && *got; got = decoder.next(event))
    if (event.has_data)
      take(event.data);
}

} // namespace caisson::upstream
