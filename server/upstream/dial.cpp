#include "server/upstream/dial.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include "server/io/io_thread.hpp"

namespace caisson::upstream {
namespace {

namespace asio = boost::asio;

/// A lookup slower than this is as good as failed while an older answer is at
/// hand (reference/reliability.md section 3, row 21).
constexpr std::chrono::seconds patience{1};

} // namespace

std::shared_ptr<dial> dial::start(std::shared_ptr<site> where, time_point by,
                                  handler then) {
  auto self = std::make_shared<dial>(std::move(where), by, std::move(then));
  self->find_name();
  return self;
}

dial::dial(std::shared_ptr<site> where, time_point by, handler then)
  : site_{std::move(where)}, by_{by == time_point{} ? time_point::max() : by},
    then_{std::move(then)}, timer_{site_->io.get_executor()} {}

void dial::cancel() {
  phase_ = phase::over;
  then_ = nullptr;
  timer_.cancel();
  if (auto one = std::exchange(connection_, nullptr))
    one->close();
}

void dial::find_name() {
  if (auto known = site_->names->known(site_->where))
    return use(std::move(known));
  arm(std::min(by_, io_thread::now() + patience));
  site_->names->resolve(
    site_->where, site_->io,
    [weak = weak_from_this()](error_code ec, addresses_ptr found) {
      auto self = weak.lock();
      if (!self || self->phase_ != phase::naming)
        return;
      if (ec)
        self->fail(errc::llm_unavailable, failure_kind::dns,
                   "The provider's name did not resolve.");
      else
        self->use(std::move(found));
    });
}

void dial::use(addresses_ptr found) {
  addresses_ = std::move(found);
  phase_ = phase::connecting;
  connect_next();
}

void dial::connect_next() {
  if (next_ == addresses_->size()) {
    site_->names->distrust(site_->where);
    return fail(errc::llm_unavailable, failure_kind::connect,
                "The provider took no connection.");
  }
  if (by_ != time_point::max()) {
    auto moment = io_thread::now();
    if (moment >= by_)
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The provider took no connection in time.");
    auto others = static_cast<int>(addresses_->size() - next_);
    arm(moment + (by_ - moment) / others);
  }
  connection_ = std::make_shared<connection>(site_->io, site_->tls);
  connection_->connect(
    (*addresses_)[next_++],
    [weak = weak_from_this(), attempt = ++try_](error_code ec) {
      auto self = weak.lock();
      if (self && self->phase_ == phase::connecting && self->try_ == attempt)
        self->on_connected(ec);
    });
}

void dial::on_connected(error_code ec) {
  if (ec) {
    connection_->close();
    return connect_next();
  }
  phase_ = phase::handshake;
  arm(by_);
  connection_->shake_hands(site_->where,
                           [weak = weak_from_this()](error_code ec) {
                             auto self = weak.lock();
                             if (self && self->phase_ == phase::handshake)
                               self->on_secured(ec);
                           });
}

void dial::on_secured(error_code ec) {
  if (!ec)
    return end(std::exchange(connection_, nullptr));
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
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    // A wait that ended just before it was re-armed still reports success.
    if (!ec && self && self->timer_.expiry() <= io_thread::now())
      self->on_timer();
  });
}

void dial::on_timer() {
  const bool late = io_thread::now() >= by_;
  switch (phase_) {
    case phase::naming:
      if (auto old = site_->names->last_good(site_->where))
        return use(std::move(old));
      if (!late)
        return arm(by_);
      return fail(errc::llm_timeout, failure_kind::connect_timeout,
                  "The provider's name was not resolved in time.");
    case phase::connecting:
      connection_->close();
      if (!late && next_ < addresses_->size())
        return connect_next();
      site_->names->distrust(site_->where);
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
  phase_ = phase::over;
  timer_.cancel();
  if (auto one = std::exchange(connection_, nullptr))
    one->close();
  // Some failures are found before `start` has returned.
  asio::post(site_->io, [self = shared_from_this(), code, kind, detail] {
    self->end(make_fault(code, kind, detail));
  });
}

void dial::end(result<std::shared_ptr<connection>> what) {
  phase_ = phase::over;
  timer_.cancel();
  if (auto then = std::exchange(then_, nullptr))
    then(std::move(what));
}

} // namespace caisson::upstream
