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
#include "server/http/trace.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// Hears that the client of a request has gone before its answer.
class client_watcher {
public:
  virtual ~client_watcher() = default;
  virtual void client_gone(std::uint64_t request) = 0;
};

/// What is kept of a request while it is answered.
struct request_context {
  std::uint64_t id = 0; ///< unique on this I/O thread
  trace_context trace;
  const route* where = nullptr;
  http::verb method = http::verb::get;
  unsigned minor = 1;
  bool keep_alive = false;
  time_point began{};
  std::string tail;
  std::string kept;   ///< see route::keeps
  kept_fields head;   ///< see route::keeps_head
  std::string fields; ///< of every answer, see route::fields
  protocol::envelope client = protocol::envelope::openai;
  std::optional<millis> wanted_timeout; ///< X-Request-Timeout-Ms
  std::string authorization;            ///< as sent, for the admin's door
  std::string api_key;       ///< X-Api-Key, where there is no Authorization
  std::string cache_control; ///< as sent
  std::uint64_t caller = 0;  ///< of the key shown, else of the address
  bool bad_timeout = false;  ///< that field is no number
  bool weighs = false;       ///< counts as under way, see congestion
  bool limited = false;      ///< is held against the limits of `who`
  endpoint counts_as = endpoint::read; ///< where it is
  /// Why it is refused as soon as its client can be told how it stands.
  std::optional<fault> refusal;
  std::string refusal_fields;
  visitor who;
  rate_fields rate;
};

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

  io_thread& home() noexcept { return home_; }
  door& through() noexcept { return *door_; }
  const request_context& request() const noexcept { return request_; }

  /// Whether that request is still waiting for (the rest of) its answer.
  bool waits_for(std::uint64_t request) const noexcept;

  /// From now on `who` hears if the client leaves.
  void watch(client_watcher* who) noexcept { watcher_ = who; }

  /// The whole answer. `fields` are complete field lines.
  void answer(unsigned status, std::string_view content_type, bytes body,
              std::string_view fields = {});

  /// The whole answer is a fault, in the envelope of the client's dialect.
  /// `status` 0: the fault's own.
  void refuse(const fault& why, std::string_view fields = {},
              unsigned status = 0,
              const protocol::limit_notice* limit = nullptr);

  /// The answer will tell how the client stands.
  void show(const rate_fields& rate) noexcept { request_.rate = rate; }

  /// The gatekeeper lets the request on to its route.
  void proceed();

  /// An answer whose size nobody knows yet.
  void begin_stream(std::string_view content_type, std::string_view fields);
  void stream(bytes chunk);
  void end_stream();

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
