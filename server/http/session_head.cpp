#include "protocol/faults.hpp"
#include "server/http/head_parser.hpp"
#include "server/http/session.hpp"

#include <charconv>

namespace caisson {
namespace {

// Room that simdjson may read beyond a body.
constexpr std::size_t body_padding = 64;
// The most that is still taken in of a body that nobody will read.
constexpr std::uint64_t most_dropped = 64 * 1024;

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
  if (!door_->enter()) {
    close();
    return;
  }
  auto found = door_->routes().find(head.method, head.path);
  begin_request(head, found);
  if (found.found && found.found->sheddable) {
    if (home_.load().refuses()) {
      shed_request(head);
      return;
    }
    request_.weighs = true;
    home_.load().began();
  }
  keep_fields(head, found);
  if (!refuse_early(head, found))
    begin_body(head);
}

/// All that an answer needs, whatever it will be.
void session::begin_request(const http::request_head& head,
                            const route_table::match& found) {
  request_.id = home_.next_id();
  request_.trace = trace_of(head);
  request_.where = found.found;
  request_.client = found.client;
  request_.method = head.method;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.began = io_thread::now();
  request_.weighs = false;
  request_.fields.clear();
  request_.rate = {};
  request_.refusal.reset();
}

/// What the route and the gatekeeper want to know of the head.
void session::keep_fields(const http::request_head& head,
                          const route_table::match& found) {
  request_.wanted_timeout = wanted_timeout(head);
  request_.bad_timeout
    = !request_.wanted_timeout && head.find("x-request-timeout-ms");
  request_.tail.clear();
  if (found.found && found.found->prefix)
    request_.tail = head.path.substr(found.found->path.size());
  request_.query = head.query;
  request_.kept.clear();
  if (found.found && !found.found->keeps.empty())
    if (auto* given = head.find(found.found->keeps))
      request_.kept = *given;
  if (found.found && found.found->keeps_head)
    request_.head.take(head.fields);
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
  request_.who = {};
  request_.counts_as = found.limited.value_or(endpoint::read);
  auto* at = keeper();
  auto kept = at && found.limited;
  request_.limited = kept && at->on_duty();
  auto identifies = at && found.found && found.found->identifies;
  if (request_.limited || identifies || (kept && at->must_know()))
    request_.who = at->identify(head, peer_);
  if (!request_.who.features.has(feature::rate_limiting))
    request_.limited = false;
}

/// More comes than is done: what is new is refused before its body is read and
/// before anybody asks who it is, so that it costs next to nothing.
void session::shed_request(const http::request_head& head) {
  leave_body(head);
  state_ = state::handling;
  auto why = make_fault(errc::bulkhead_rejected,
                        "the node has more to do than it can");
  why.retry_after = millis{1'000};
  refuse(why);
}

/// Nobody will read the body. A moderate one is dropped as it comes: a new
/// connection costs both sides more. Whoever waits for leave to send one may
/// never send it, so nobody knows where the next request would begin.
void session::leave_body(const http::request_head& head) {
  auto size = head.content_length.value_or(0);
  auto here = buffered().size();
  auto to_come = size > here ? size - here : 0;
  if (head.chunked || to_come > most_dropped
      || (head.expect_continue && to_come > 0))
    request_.keep_alive = false;
  else
    left_over_ = static_cast<std::size_t>(size);
}

/// What the head alone shows to be wrong is answered before a body is read.
bool session::refuse_early(const http::request_head& head,
                           const route_table::match& found) {
  auto has_body = head.chunked || head.content_length.value_or(0) > 0;
  auto refused = [&](fault what, std::string fields) {
    leave_body(head);
    state_ = state::handling;
    // Whom nobody knows has no limits.
    if (request_.limited && what.code != errc::auth_invalid_credentials) {
      request_.refusal = std::move(what);
      request_.refusal_fields = std::move(fields);
      deadline_ = time_point::max();
      keeper()->look(*this);
    } else {
      refuse(what, fields);
    }
    return true;
  };
  auto no = [&](errc code, std::string_view why, std::string fields = {}) {
    return refused(make_fault(code, std::string{why}), std::move(fields));
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
  if (request_.who.refused)
    return refused(refusal_of(request_.who), "WWW-Authenticate: Bearer\r\n");
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

} // namespace caisson
