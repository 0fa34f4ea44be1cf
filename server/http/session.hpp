#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "protocol/faults.hpp"
#include "protocol/http/chunked.hpp"
#include "protocol/http/head.hpp"
#include "server/http/client_socket.hpp"
#include "server/http/door.hpp"
#include "server/http/requester.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// One client connection. Reads a request, hands it to its route, writes the
/// answer, and again.
///
///            first byte        head whole            body whole
///   idle ───────────────► head ──────────► body ─────────────► handling
///    ▲                      │ refused        │ refused            │
///    │ keep-alive           ▼                ▼                    │ answered
///    └──────────────────── (answer is written) ◄──────────────────┘
///                           │ close
///                           ▼
///                       lingering ──► closed
///
/// Exactly one read is outstanding, also while a request is handled: so a
/// client that leaves is noticed at once, for free.
class session final : public swept,
                      public requester,
                      public std::enable_shared_from_this<session> {
public:
  /// Takes over a connection that is already counted in the door's.
  session(io_thread& home, std::shared_ptr<door> through, client_socket client);
  ~session() override;

  /// Begins to serve. On the I/O thread.
  void start();

  /// Answers 503 without reading: the node has connections enough.
  void shed();

  /// Answers without reading: what came is no request, and nothing to read on
  /// from.
  void turn_away(const http::refusal& why);

  void sweep(time_point now) override;

  // -- for routes, on the I/O thread ------------------------------------------

  std::shared_ptr<requester> hold() override { return shared_from_this(); }
  io_thread& home() noexcept override { return home_; }
  door& through() noexcept override { return *door_; }
  const request_context& request() const noexcept override { return request_; }
  bool waits_for(std::uint64_t request) const noexcept override;
  void watch(client_watcher* who) noexcept override { watcher_ = who; }
  void answer(unsigned status, std::string_view content_type, bytes body,
              std::string_view fields = {}) override;
  void refuse(const fault& why, std::string_view fields = {},
              unsigned status = 0,
              const protocol::limit_notice* limit = nullptr) override;
  void show(const rate_fields& rate) noexcept override { request_.rate = rate; }
  void proceed() override;
  void begin_stream(std::string_view content_type,
                    std::string_view fields) override;
  void stream(bytes chunk) override;
  void end_stream() override;

  /// Ends a stream that cannot go on: whatever was sent stays incomplete, and
  /// the last event says why.
  void break_stream(const fault& why);

private:
  enum class state : std::uint8_t {
    idle,
    head,
    body,
    handling,
    lingering,
    closed,
  };

  // session_read.cpp
  void read();
  void read_body_directly();
  void on_read(boost::system::error_code ec, std::size_t n, bool into_body);
  void on_end_of_input();
  void probe_client();
  void process();
  void drop_left_over();
  void process_body();
  void process_chunks();
  void handle();
  gatekeeper* keeper() const noexcept;
  void make_room();
  std::string_view buffered() const noexcept {
    return {buffer_.get() + begin_, end_ - begin_};
  }

  // session_head.cpp
  void process_head();
  void accept_head(const http::request_head& head);
  void begin_request(const http::request_head& head,
                     const route_table::match& found);
  void keep_fields(const http::request_head& head,
                   const route_table::match& found);
  bool refuse_early(const http::request_head& head,
                    const route_table::match& found);
  void shed_request(const http::request_head& head);
  void leave_body(const http::request_head& head);
  void begin_body(const http::request_head& head);

  // session_write.cpp
  struct segment {
    std::string text;
    bytes data;
    std::size_t size() const noexcept { return text.size() + data.data.size(); }
  };
  std::string response_head(unsigned status, std::string_view content_type,
                            std::string_view fields);
  void enqueue(std::string text, bytes data = {});
  void flush();
  void await_room();
  bool wrote(boost::system::error_code ec, std::size_t n);
  void answered();
  protocol::addressee addressee() const noexcept;

  // session.cpp
  void refuse_head(const http::refusal& why, std::string_view target = {});
  void give_up();
  void next_request();
  void leave();
  void linger();
  void gone();
  void release();
  void close();

  io_thread& home_;
  std::shared_ptr<door> door_;
  std::shared_ptr<const door_limits> limits_;
  client_socket client_;
  boost::asio::ip::address peer_;
  std::uint64_t address_ = 0; ///< the peer's, as a number to tell them apart
  state state_ = state::idle;
  time_point deadline_ = time_point::max();

  // Input: [begin_, end_) is unread.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;
  bool reading_ = false;
  bool processing_ = false;
  bool end_of_input_ = false;
  std::size_t left_over_ = 0; ///< to be dropped before the next request
  std::unique_ptr<boost::asio::steady_timer> probe_;

  // The request.
  request_context request_;
  std::string body_;
  std::size_t body_filled_ = 0;
  bool chunked_ = false;
  http::chunk_decoder chunks_;
  client_watcher* watcher_ = nullptr;

  // The answer.
  std::deque<segment> out_;
  std::size_t written_ = 0; ///< of the first segment
  bool writing_ = false;
  time_point write_deadline_ = time_point::max();
  unsigned status_ = 0;   ///< of the answer; 0: not begun
  bool complete_ = false; ///< all of the answer is queued
  bool streaming_ = false;
};

} // namespace caisson
