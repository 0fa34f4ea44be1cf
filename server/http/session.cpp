#include "server/http/session.hpp"

#include "protocol/http/target.hpp"

namespace caisson {
namespace {

// How long a connection that is being closed may still send: closing at once
// would reset it, and the client might lose the answer it has not read.
constexpr millis linger_for{2'000};

/// The same number for the same address; an IPv6 host has a whole /64.
std::uint64_t number_of(const boost::asio::ip::address& from) {
  if (from.is_v4())
    return std::hash<std::uint32_t>{}(from.to_v4().to_uint());
  auto bytes = from.to_v6().to_bytes();
  return std::hash<std::string_view>{}(
    {reinterpret_cast<const char*>(bytes.data()), 8});
}

} // namespace

session::session(io_thread& home, std::shared_ptr<door> through,
                 client_socket client)
  : home_(home), door_(std::move(through)), limits_(door_->limits()),
    client_(std::move(client)) {
  home_.look_after(*this);
}

session::~session() {
  close();
}

void session::start() {
  peer_ = client_.prepare();
  address_ = number_of(peer_);
  deadline_ = io_thread::now() + limits_->idle_timeout;
  read();
}

void session::shed() {
  client_.prepare();
  request_.trace = new_trace();
  request_.keep_alive = false;
  state_ = state::handling;
  auto why = make_fault(errc::shutting_down,
                        "the node has all the connections it can take");
  why.retry_after = millis{1'000};
  refuse(why);
}

void session::turn_away(const http::refusal& why) {
  client_.prepare();
  refuse_head(why);
}

void session::sweep(time_point now) {
  if (writing_ && now >= write_deadline_) {
    gone();
    return;
  }
  if (state_ == state::idle && door_->closing) {
    leave();
    return;
  }
  if (door_->ending && state_ == state::handling && !complete_) {
    give_up();
    return;
  }
  if (now < deadline_)
    return;
  switch (state_) {
    case state::idle:
      leave();
      break;
    case state::lingering:
      close();
      break;
    case state::head:
      refuse_head({408, errc::validation_failed,
                   "the head of the request took too long"});
      break;
    case state::body:
      request_.keep_alive = false;
      state_ = state::handling;
      refuse(make_fault(errc::validation_failed,
                        "the body of the request took too long"),
             {}, 408);
      break;
    case state::handling:
    case state::closed:
      break;
  }
}

bool session::waits_for(std::uint64_t request) const noexcept {
  return state_ == state::handling && request_.id == request && !complete_;
}

/// The node ends before the answer is there.
void session::give_up() {
  if (auto* who = std::exchange(watcher_, nullptr))
    who->client_gone(request_.id);
  auto why = make_fault(errc::shutting_down, "the node is about to end");
  if (streaming_)
    break_stream(why);
  else
    refuse(why);
}

/// A request that is no request: answered, and the connection closed, since
/// nobody knows where the next one would begin. `target` if it is known.
void session::refuse_head(const http::refusal& why, std::string_view target) {
  request_ = {};
  if (auto parts = http::split_target(target))
    request_.client
      = door_->routes().find(http::verb::post, parts->path).client;
  request_.trace = new_trace();
  request_.began = io_thread::now();
  state_ = state::handling;
  status_ = 0;
  complete_ = false;
  auto told = make_fault(why.code, std::string{why.reason});
  refuse(told, {}, why.status);
}

/// The answer is out: on to the next request, or an end.
void session::next_request() {
  watcher_ = nullptr;
  if (!request_.keep_alive || end_of_input_ || door_->closing) {
    linger();
    return;
  }
  status_ = 0;
  complete_ = false;
  streaming_ = false;
  body_ = {};
  scanned_ = 0;
  limits_ = door_->limits();
  state_ = state::idle;
  deadline_
    = io_thread::now()
      + (left_over_ > 0 ? limits_->body_timeout : limits_->idle_timeout);
  if (!processing_)
    process();
  read();
}

/// Nothing is due. Where a body still comes, a reset could overtake the answer.
void session::leave() {
  if (left_over_ > 0)
    linger();
  else
    close();
}

void session::linger() {
  boost::system::error_code ec;
  state_ = state::lingering;
  client_.end(ec);
  if (ec == boost::asio::error::would_block) {
    await_room();
    return;
  }
  if (ec || end_of_input_) {
    close();
    return;
  }
  deadline_ = io_thread::now() + linger_for;
  begin_ = end_ = 0;
  read();
}

void session::gone() {
  auto* who = std::exchange(watcher_, nullptr);
  auto id = request_.id;
  close();
  if (who)
    who->client_gone(id);
}

/// The request is over: it counts nowhere any more.
void session::release() {
  if (std::exchange(request_.weighs, false))
    home_.load().ended();
  if (request_.id != 0)
    --door_->active;
}

void session::close() {
  if (state_ == state::closed)
    return;
  if (state_ == state::handling && status_ == 0 && request_.where)
    door_->count(request_.where, request_.method, 499,
                 io_thread::now() - request_.began);
  if (state_ == state::handling || state_ == state::body)
    release();
  auto nothing_due = state_ == state::idle;
  state_ = state::closed;
  home_.forget(*this);
  client_.close(nothing_due);
  if (probe_)
    probe_->cancel();
  out_.clear();
  --door_->connections;
}

} // namespace caisson
