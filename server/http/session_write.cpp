#include <array>
#include <charconv>

#include <boost/asio/buffer.hpp>

#include "protocol/faults.hpp"
#include "server/http/session.hpp"

namespace caisson {
namespace {

using boost::system::error_code;

std::string_view reason_of(unsigned status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

template <class Number>
void append_line(std::string& to, std::string_view name, Number value) {
  std::array<char, 24> digits{};
  auto [end, ec] = std::to_chars(digits.begin(), digits.end(), value);
  to += name;
  to.append(digits.data(), end);
  to += "\r\n";
}

void append(std::string& to, const rate_fields& rate) {
  if (!rate.shown)
    return;
  append_line(to, "X-RateLimit-Limit: ", rate.limit);
  append_line(to, "X-RateLimit-Remaining: ", rate.remaining);
  append_line(to, "X-RateLimit-Reset: ", rate.reset);
}

} // namespace

std::string session::response_head(unsigned status,
                                   std::string_view content_type,
                                   std::string_view fields) {
  std::string head;
  head.reserve(512);
  head += "HTTP/1.1 ";
  head += std::to_string(status);
  head += ' ';
  head += reason_of(status);
  head += "\r\n";
  head += home_.date_field();
  if (!content_type.empty()) {
    head += "Content-Type: ";
    head += content_type;
    head += "\r\n";
  }
  head += "X-Request-Id: ";
  head += request_.trace.request_id;
  // Where Anthropic's SDKs look for it.
  if (request_.client == protocol::envelope::anthropic)
    (head += "\r\nrequest-id: ") += request_.trace.request_id;
  head += "\r\ntraceparent: ";
  head += traceparent(request_.trace);
  head += "\r\n";
  head += request_.fields;
  head += fields;
  append(head, request_.rate);
  if (door_->closing)
    request_.keep_alive = false;
  if (!request_.keep_alive)
    head += "Connection: close\r\n";
  else if (request_.minor == 0)
    head += "Connection: keep-alive\r\n";
  return head;
}

void session::answer(unsigned status, std::string_view content_type, bytes body,
                     std::string_view fields) {
  if (state_ != state::handling || status_ != 0)
    return;
  status_ = status;
  auto head = response_head(status, content_type, fields);
  if (status != 204) {
    head += "Content-Length: ";
    head += std::to_string(body.data.size());
    head += "\r\n";
  }
  head += "\r\n";
  if (request_.method == http::verb::head)
    body = {};
  enqueue(std::move(head), std::move(body));
  complete_ = true;
  flush();
}

void session::refuse(const fault& why, std::string_view fields, unsigned status,
                     const protocol::limit_notice* limit) {
  if (status == 0)
    status = protocol::http_status(why);
  door_->count_error(why.code);
  std::string all{fields};
  if (status == 429 || status == 503)
    all += "Retry-After: " + std::to_string(protocol::retry_after_seconds(why))
           + "\r\n";
  answer(status, "application/json",
         own(protocol::error_body(why, addressee(), limit)), all);
}

protocol::addressee session::addressee() const noexcept {
  return {request_.trace.trace_id, request_.trace.request_id, request_.client};
}

void session::begin_stream(std::string_view content_type,
                           std::string_view fields) {
  if (state_ != state::handling || status_ != 0)
    return;
  status_ = 200;
  streaming_ = true;
  // HTTP/1.0 knows no chunks: there the end of the body is the connection's.
  if (request_.minor == 0)
    request_.keep_alive = false;
  auto head = response_head(200, content_type, fields);
  if (request_.minor > 0)
    head += "Transfer-Encoding: chunked\r\n";
  head += "\r\n";
  enqueue(std::move(head)); // goes out with the first bytes
}

void session::stream(bytes chunk) {
  if (!streaming_ || complete_ || state_ != state::handling
      || chunk.data.empty())
    return;
  if (request_.minor == 0) {
    enqueue({}, std::move(chunk));
  } else {
    std::string size;
    http::append_chunk_header(size, chunk.data.size());
    enqueue(std::move(size), std::move(chunk));
    enqueue(std::string{http::chunk_end});
  }
  flush();
}

void session::end_stream() {
  if (!streaming_ || complete_ || state_ != state::handling)
    return;
  if (request_.minor > 0)
    enqueue(std::string{http::last_chunk});
  complete_ = true;
  flush();
}

void session::break_stream(const fault& why) {
  if (!streaming_ || complete_ || state_ != state::handling)
    return;
  // The framing is whole: only the answer in it is not, and it says so.
  stream(own(protocol::error_event(why, addressee())));
  end_stream();
}

void session::enqueue(std::string text, bytes data) {
  if (!out_.empty() && out_.back().data.data.empty() && out_.size() > 1
      && data.data.empty()) {
    out_.back().text += text; // not the first: that one may be in flight
    return;
  }
  out_.push_back({std::move(text), std::move(data)});
}

namespace {

constexpr std::size_t gather = 16;

} // namespace

void session::flush() {
  while (!writing_ && !out_.empty() && state_ != state::closed) {
    std::array<boost::asio::const_buffer, gather> pieces;
    std::size_t count = 0;
    auto skip = written_;
    for (auto i = out_.begin(); i != out_.end() && count + 2 <= gather; ++i)
      for (std::string_view x : {std::string_view{i->text}, i->data.data}) {
        auto part = x.substr(std::min(skip, x.size()));
        skip -= x.size() - part.size();
        if (!part.empty())
          pieces[count++] = {part.data(), part.size()};
      }
    error_code ec;
    auto n = client_.write_some(
      std::span<const boost::asio::const_buffer>{pieces.data(), count}, ec);
    if (ec == boost::asio::error::would_block) {
      await_room();
      return;
    }
    if (!wrote(ec, n))
      return;
  }
  if (out_.empty() && complete_ && !writing_ && state_ == state::handling)
    answered();
}

/// The socket takes no more: go on when it does.
void session::await_room() {
  writing_ = true;
  write_deadline_ = io_thread::now() + limits_->write_timeout;
  client_.await_room([self = shared_from_this()](error_code ec) {
    self->writing_ = false;
    self->write_deadline_ = time_point::max();
    if (self->state_ == state::closed)
      return;
    if (ec)
      self->gone();
    else if (self->state_ == state::lingering)
      self->linger();
    else
      self->flush();
  });
}

bool session::wrote(error_code ec, std::size_t n) {
  if (ec) {
    gone();
    return false;
  }
  written_ += n;
  while (!out_.empty() && written_ >= out_.front().size()) {
    written_ -= out_.front().size();
    out_.pop_front();
  }
  return true;
}

void session::answered() {
  door_->count(request_.where, request_.method, status_,
               io_thread::now() - request_.began);
  release();
  next_request();
}

} // namespace caisson
