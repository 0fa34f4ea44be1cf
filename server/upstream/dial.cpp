#include "server/upstream/dial.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

namespace caisson::upstream {
namespace {

namespace asio = boost::asio;

/// A lookup slower than this is as good as failed while an older answer is at
/// hand (reference/reliability.md section 3, row 21).
constexpr std::chrono::seconds patience{1};

time_point now() {
  return std::chrono::steady_clock::now();
}

} // namespace

std::shared_ptr<dial> dial::start(std::shared_ptr<site> where, time_point by,
                                  handler then) {
  auto self = std::make_shared<dial>(std::move(where), by, std::move(then));
  self->find_name();
  return self;
}

dial::dial(std::shared_ptr<site> where, time_point by, handler then)
  : x_site{std::move(where)}, x_by{by == time_point{} ? time_point::max() : by},
    x_then{std::move(then)}, x_timer{x_site->io.get_executor()} {}

void dial::cancel() {
  x_phase = phase::over;
  x_then = nullptr;
  x_timer.cancel();
  if (auto one = std::exchange(x_connection, nullptr))
    one->close();
}

void dial::find_name() {
  if (auto known = x_site->names->known(x_site->where))
    return use(std::move(known));
  arm(std::min(x_by, now() + patience));
  x_site->names->resolve(
    x_site->where, x_site->io,
    [weak = weak_from_this()](error_code ec, addresses_ptr found) {
      auto self = weak.lock();
      if (!self || self->x_phase != phase::naming)
        return;
      if (ec)
        self->fail(errc::llm_unavailable, failure_kind::dns,
                   "The provider's name did not resolve.");
      else
        self->use(std::move(found));
    });
}

void dial::use(addresses_ptr found) {
  x_addresses = std::move(found);
  x_phase = phase::connecting;
  connect_next();
}

void dial::connect_next() {
  if (x_next == x_addresses->size()) {
    x_site->names->distrust(x_site->where);
    return fail(errc::llm_unavailable, failure_kind::connect,
                "The provider took no connection.");
  }
  if (x_by != time_point::max()) {
    auto moment = now();
    if (moment >= x_by)
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The provider took no connection in time.");
    auto others = static_cast<int>(x_addresses->size() - x_next);
    arm(moment + (x_by - moment) / others);
  }
  x_connection = std::make_shared<connection>(x_site->io, x_site->tls);
  x_connection->connect(
    (*x_addresses)[x_next++],
    [weak = weak_from_this(), attempt = ++x_try](error_code ec) {
      auto self = weak.lock();
      if (self && self->x_phase == phase::connecting && self->x_try == attempt)
        self->on_connected(ec);
    });
}

void dial::on_connected(error_code ec) {
  if (ec) {
    x_connection->close();
    return connect_next();
  }
  x_phase = phase::handshake;
  arm(x_by);
  x_connection->shake_hands(x_site->where,
                            [weak = weak_from_this()](error_code ec) {
                              auto self = weak.lock();
                              if (self && self->x_phase == phase::handshake)
                                self->on_secured(ec);
                            });
}

void dial::on_secured(error_code ec) {
  if (!ec)
    return end(std::exchange(x_connection, nullptr));
  // A peer that hangs up has said nothing about certificates and may well take
  // the next connection.
  if (ec.category() == asio::error::get_system_category()
      || ec == asio::error::eof || ec == asio::ssl::error::stream_truncated)
    fail(errc::llm_unavailable, failure_kind::connect,
         "The provider hung up during the TLS handshake.");
  else
    fail(errc::llm_error, failure_kind::tls,
         "No TLS connection that could be trusted.");
}

void dial::arm(time_point when) {
  if (when == time_point::max())
    return;
  x_timer.expires_at(when);
  x_timer.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    // A wait that ended just before it was re-armed still reports success.
    if (!ec && self && self->x_timer.expiry() <= now())
      self->on_timer();
  });
}

void dial::on_timer() {
  const bool late = now() >= x_by;
  switch (x_phase) {
    case phase::naming:
      if (auto old = x_site->names->last_good(x_site->where))
        return use(std::move(old));
      if (!late)
        return arm(x_by);
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The provider's name was not resolved in time.");
    case phase::connecting:
      x_connection->close();
      if (!late && x_next < x_addresses->size())
        return connect_next();
      x_site->names->distrust(x_site->where);
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The provider took no connection in time.");
    case phase::handshake:
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The TLS handshake did not end in time.");
    case phase::over:
      return;
  }
}

void dial::fail(errc code, failure_kind kind, const char* detail) {
  x_phase = phase::over;
  x_timer.cancel();
  if (auto one = std::exchange(x_connection, nullptr))
    one->close();
  // Some failures are found before `start` has returned.
  asio::post(x_site->io, [self = shared_from_this(), code, kind, detail] {
    self->end(make_fault(code, kind, detail));
  });
}

void dial::end(result<std::shared_ptr<connection>> what) {
  x_phase = phase::over;
  x_timer.cancel();
  if (auto then = std::exchange(x_then, nullptr))
    then(std::move(what));
}

} // namespace caisson::upstream
