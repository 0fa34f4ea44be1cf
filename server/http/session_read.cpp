// Reason for length: one state machine: reading a request.
#include "protocol/faults.hpp"
#include "server/http/head_parser.hpp"
#include "server/http/session.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace caisson {
namespace {

using boost::system::error_code;

// Most requests fit; a head that does not grows the buffer up to the limit.
constexpr std::size_t first_capacity = 4 * 1024;
// Room that simdjson may read beyond a body.
constexpr std::size_t body_padding = 64;
// How long after a client's FIN it is asked whether it still listens.
constexpr millis probe_after{20};

std::optional<millis> wanted_timeout(const http::request_head& head) {
  auto* text = head.find("x-request-timeout-ms");
  if (!text)
    return std::nullopt;
  std::uint32_t value = 0;
  auto [end, ec]
    = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc{} || end != text->data() + text->size() || value == 0)
    return std::nullopt;
  return millis{value};
}

bool says_json(const http::request_head& head) {
  auto* type = head.find("content-type");
  if (!type)
    return true;
  auto essence = type->substr(0, type->find(';'));
  while (!essence.empty() && (essence.back() == ' ' || essence.back() == '\t'))
    essence.remove_suffix(1);
  return http::iequals(essence, "application/json");
}

/// One instance serves a whole thread: it is read out before anything else is
/// parsed, and clearing 3 kB for each request would show.
http::request_head& scratch_head() {
  thread_local http::request_head head;
  return head;
}

/// Who asks: whoever shows the same key, or comes from the same address.
std::uint64_t caller_of(const http::request_head& head, std::uint64_t address) {
  for (auto name : {"authorization", "x-api-key"})
    if (auto* shown = head.find(name))
      return std::hash<std::string_view>{}(*shown);
  return address;
}

} // namespace

void session::make_room() {
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(first_capacity);
    capacity_ = first_capacity;
  }
  if (begin_ == end_)
    begin_ = end_ = 0;
  if (end_ < capacity_)
    return;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  if (capacity_ > limits_->head.head)
    return;
  auto larger = std::make_unique<char[]>(capacity_ * 2);
  std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  capacity_ *= 2;
}

void session::read() {
  if (reading_ || end_of_input_ || state_ == state::closed)
    return;
  make_room();
  if (end_ == capacity_)
    return; // pipelined more than we keep: it waits in the kernel
  reading_ = true;
  client_.read(boost::asio::buffer(buffer_.get() + end_, capacity_ - end_),
               [self = shared_from_this()](error_code ec, std::size_t n) {
                 self->on_read(ec, n, false);
               });
}

void session::read_body_directly() {
  if (reading_)
    return;
  reading_ = true;
  client_.read(boost::asio::buffer(body_.data() + body_filled_,
                                   body_.size() - body_filled_),
               [self = shared_from_this()](error_code ec, std::size_t n) {
                 self->on_read(ec, n, true);
               });
}

void session::on_read(error_code ec, std::size_t n, bool into_body) {
  reading_ = false;
  if (state_ == state::closed)
    return;
  if (ec == boost::asio::error::eof) {
    on_end_of_input();
    return;
  }
  if (ec) {
    gone();
    return;
  }
  if (into_body)
    body_filled_ += n;
  else if (state_ != state::lingering)
    end_ += n;
  process();
  if (state_ == state::body && !chunked_)
    read_body_directly();
  else
    read();
}

/// A FIN is either a client that has left or one that only has nothing more to
/// say. While an answer is due it is the latter until a probe says otherwise.
void session::on_end_of_input() {
  end_of_input_ = true;
  if (state_ != state::handling) {
    close();
    return;
  }
  request_.keep_alive = false;
  client_.await_reset([self = shared_from_this()](error_code ec) {
    if (!ec && self->state_ != state::closed)
      self->gone();
  });
  if (request_.minor == 0)
    return;
  probe_
    = std::make_unique<boost::asio::steady_timer>(home_.context(), probe_after);
  probe_->async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->probe_client();
  });
}

/// Sends what any client must ignore: whoever has closed its socket answers
/// with a reset, whoever has only half-closed it reads on.
void session::probe_client() {
  if (state_ != state::handling || complete_ || writing_)
    return;
  if (streaming_)
    stream(bytes{":\n\n", nullptr});
  else
    enqueue("HTTP/1.1 102 Processing\r\n\r\n");
  flush();
}

void session::process() {
  if (processing_)
    return;
  processing_ = true;
  for (auto go_on = true; go_on;) {
    auto before = state_;
    auto unread = end_ - begin_;
    if (state_ == state::idle || state_ == state::head)
      process_head();
    else if (state_ == state::body)
      process_body();
    go_on = state_ != state::closed
            && (state_ != before || end_ - begin_ != unread);
  }
  processing_ = false;
}

void session::process_head() {
  auto seen = buffered();
  if (seen.empty())
    return;
  if (state_ == state::idle) {
    state_ = state::head;
    deadline_ = io_thread::now() + limits_->header_timeout;
  }
  auto size = http::find_head_end(seen, scanned_);
  if (size == http::no_head_end) {
    scanned_ = seen.size();
    if (seen.size() >= limits_->head.head)
      refuse_head(http::oversized_head(seen));
    return;
  }
  auto& head = scratch_head();
  auto refused
    = http::parse_request_head(seen.substr(0, size), limits_->head, head);
  begin_ += size;
  scanned_ = 0;
  // Only what announces too much has been understood so far.
  if (refused)
    refuse_head(*refused, refused->status == 413 ? head.target : "");
  else
    accept_head(head);
}

void session::accept_head(const http::request_head& head) {
  auto found = door_->routes().find(head.method, head.path);
  request_.id = home_.next_id();
  request_.trace = trace_of(head);
  request_.where = found.found;
  request_.client = found.client;
  request_.method = head.method;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.began = io_thread::now();
  request_.wanted_timeout = wanted_timeout(head);
  request_.bad_timeout
    = !request_.wanted_timeout && head.find("x-request-timeout-ms");
  request_.tail.clear();
  if (found.found && found.found->prefix)
    request_.tail = head.path.substr(found.found->path.size());
  request_.kept.clear();
  if (found.found && !found.found->keeps.empty())
    if (auto* given = head.find(found.found->keeps))
      request_.kept = *given;
  if (found.found && found.found->keeps_head)
    request_.head.take(head.fields);
  request_.fields.clear();
  if (found.found && found.found->fields)
    request_.fields = found.found->fields(head);
  request_.authorization.clear();
  if (auto* shown = head.find("authorization"))
    request_.authorization = *shown;
  request_.api_key.clear();
  if (request_.authorization.empty())
    if (auto* shown = head.find("x-api-key"))
      request_.api_key = *shown;
  request_.cache_control.clear();
  if (auto* wish = head.find("cache-control"))
    request_.cache_control = *wish;
  request_.caller = caller_of(head, address_);
  request_.rate = {};
  request_.who = {};
  request_.limited = found.limited && keeper() && keeper()->on_duty();
  request_.counts_as = found.limited.value_or(endpoint::read);
  request_.refusal.reset();
  auto identifies = found.found && found.found->identifies;
  if (request_.limited || (identifies && keeper()))
    request_.who = keeper()->identify(head, peer_);
  ++door_->active;
  if (!refuse_early(head, found))
    begin_body(head);
}

/// More comes than is done: what is new now is refused, cheaply and before its
/// body is read, so that what was let in is answered in time.
bool session::overloaded() {
  return home_.queue_delay() > limits_->max_queue_delay;
}

/// What the head alone shows to be wrong is answered before a body is read.
bool session::refuse_early(const http::request_head& head,
                           const route_table::match& found) {
  auto has_body = head.chunked || head.content_length.value_or(0) > 0;
  auto no = [&](errc code, std::string_view why, std::string fields = {}) {
    // The body stays unread: the connection cannot go on.
    request_.keep_alive = request_.keep_alive && !has_body;
    state_ = state::handling;
    auto what = make_fault(code, std::string{why});
    if (code == errc::bulkhead_rejected)
      what.retry_after = millis{1'000};
    // What is shed is to cost nothing, and whom nobody knows has no limits.
    if (request_.limited && code != errc::bulkhead_rejected
        && code != errc::auth_invalid_credentials) {
      request_.refusal = std::move(what);
      request_.refusal_fields = std::move(fields);
      deadline_ = time_point::max();
      keeper()->look(*this);
    } else {
      refuse(what, fields);
    }
    return true;
  };
  if (head.method == http::verb::options && !has_body && !found.found) {
    state_ = state::handling;
    answer(204, {}, {},
           "Allow: "
             + (found.allowed.empty() ? "GET, HEAD, POST" : found.allowed)
             + ", OPTIONS\r\n");
    return true;
  }
  if (!found.found && found.path_known)
    return no(errc::validation_method_not_allowed,
              "the path does not take that method",
              "Allow: " + found.allowed + ", OPTIONS\r\n");
  if (!found.found)
    return no(errc::validation_not_found, "there is no such path");
  if (found.found->takes == route::body::json && has_body && !says_json(head))
    return no(errc::validation_unsupported_media,
              "the body must be application/json");
  if (found.found->sheddable && overloaded())
    return no(errc::bulkhead_rejected, "the node has more to do than it can");
  if (request_.who.refused)
    return no(errc::auth_invalid_credentials, "nobody here knows that key",
              "WWW-Authenticate: Bearer\r\n");
  if (request_.bad_timeout)
    return no(errc::validation_constraint,
              "X-Request-Timeout-Ms must be a positive whole number");
  return false;
}

void session::begin_body(const http::request_head& head) {
  state_ = state::body;
  chunked_ = head.chunked;
  body_.clear();
  body_filled_ = 0;
  deadline_ = request_.began + limits_->body_timeout;
  if (chunked_) {
    chunks_ = {};
  } else {
    auto size = static_cast<std::size_t>(head.content_length.value_or(0));
    body_.reserve(size + body_padding);
    body_.resize(size);
  }
  if (head.expect_continue && buffered().empty()) {
    enqueue("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
  }
}

void session::process_body() {
  if (chunked_) {
    process_chunks();
    return;
  }
  auto take = std::min(body_.size() - body_filled_, end_ - begin_);
  std::memcpy(body_.data() + body_filled_, buffer_.get() + begin_, take);
  body_filled_ += take;
  begin_ += take;
  if (body_filled_ == body_.size())
    handle();
}

void session::process_chunks() {
  while (begin_ < end_ && !chunks_.done() && !chunks_.refused()) {
    auto step = chunks_.next(buffered());
    body_ += step.data;
    begin_ += step.consumed;
    if (body_.size() > limits_->head.body) {
      request_.keep_alive = false;
      state_ = state::handling;
      refuse(make_fault(errc::validation_body_too_large,
                        "the body is larger than this node takes"));
      return;
    }
  }
  if (auto why = chunks_.refused()) {
    request_.keep_alive = false;
    state_ = state::handling;
    refuse(make_fault(why->code, std::string{why->reason}), {}, why->status);
  } else if (chunks_.done()) {
    handle();
  }
}

gatekeeper* session::keeper() const noexcept {
  return door_->keepers.empty() ? nullptr : door_->keepers[home_.number()];
}

void session::handle() {
  state_ = state::handling;
  deadline_ = time_point::max();
  if (request_.limited)
    keeper()->ask(*this);
  else
    proceed();
}

void session::proceed() {
  if (auto why = std::exchange(request_.refusal, std::nullopt)) {
    refuse(*why, request_.refusal_fields);
    return;
  }
  incoming request{std::move(body_), std::move(request_.tail),
                   std::move(request_.kept), std::move(request_.head)};
  request_.where->handle(*this, request);
}

} // namespace caisson
