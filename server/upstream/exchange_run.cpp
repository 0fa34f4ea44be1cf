#include "server/upstream/exchange_run.hpp"

#include <boost/asio/error.hpp>

#include "protocol/token_estimate.hpp"
#include "server/upstream/request_head.hpp"

namespace caisson::upstream {

namespace asio = boost::asio;

exchange_run::exchange_run(std::shared_ptr<site> where, order what,
                           std::unique_ptr<exchange_listener> listener)
  : site_{std::move(where)}, order_{std::move(what)},
    listener_{std::move(listener)} {}

// -- connection ---------------------------------------------------------------

void exchange_run::start() {
  if (phase_ == phase::over)
    return;
  if (order_.refused)
    fail(std::move(*order_.refused));
  else if (order_.rest)
    say_rest();
  else if (!well_formed(order_.request))
    fail(make_fault(errc::unexpected, "A request that must not be sent."));
  else if (auto idle = site_->idle->take())
    use(std::move(idle));
  else
    dial_new();
}

void exchange_run::say_rest() {
  auto self = shared_from_this();
  auto text = own(std::move(*order_.rest));
  if (tell([](exchange_listener& to) { to.started(); })
      && tell([&](exchange_listener& to) { to.more(std::move(text)); }))
    finish({}, {});
}

void exchange_run::dial_new() {
  phase_ = phase::dialing;
  dial_ = dial::start(
    site_, order_.connect_by,
    [weak = weak_from_this()](result<std::shared_ptr<connection>> made) {
      auto self = weak.lock();
      if (!self)
        return;
      self->dial_.reset();
      if (made)
        self->use(std::move(*made));
      else
        self->fail(made.error());
    });
}

void exchange_run::use(std::shared_ptr<connection> one) {
  phase_ = phase::head;
  connection_ = std::move(one);
  connection_->attach(this);
  compose_head(site_->where, order_.request, *order_.what, connection_->head());
  connection_->send(order_.request.body, order_.request.owner);
  connection_->read();
}

bool exchange_run::may_try_again() const noexcept {
  // A peer that had closed before our request came cannot be told from one
  // that died of it, so a call that must not be made twice is not.
  return phase_ == phase::head && !heard_ && !retried_
         && connection_->replies > 0 && order_.what->idempotent;
}

void exchange_run::on_bytes() {
  auto self = shared_from_this();
  heard_ = true;
  switch (phase_) {
    case phase::head:
      return read_head();
    case phase::whole:
      return read_whole();
    case phase::stream:
      return read_stream();
    case phase::complaint:
      return read_complaint();
    default:
      return;
  }
}

void exchange_run::on_end(error_code why) {
  auto self = shared_from_this();
  if (may_try_again()) {
    retried_ = true;
    return dial_new();
  }
  const bool orderly = why == asio::error::eof;
  const bool complete
    = orderly && parser_.body == reply_parser::extent::until_close;
  if (phase_ == phase::complaint)
    return end_complaint();
  if (phase_ == phase::whole && complete)
    return end_whole(connection_->unread(), true);
  if (phase_ == phase::stream && (done_ || orderly))
    return end_broken_stream(complete);
  if (heard_)
    fail(failure_kind::framing, "The provider broke off its reply.");
  else if (orderly || why.category() != asio::error::get_system_category())
    fail(failure_kind::eof, "The provider hung up before it replied.");
  else
    fail(failure_kind::reset, "The provider reset the connection.");
}

std::shared_ptr<pool>
exchange_run::part_with(std::shared_ptr<connection>& one) {
  one = std::exchange(connection_, nullptr);
  one->attach(nullptr);
  // Bytes behind the reply, or a reply to half of a request: what comes next
  // on this connection could be taken for somebody else's answer.
  const bool good = parser_.keep_alive && parser_.ended()
                    && parser_.wrong() == failure_kind::none && one->sent()
                    && !one->closed();
  if (!good)
    return nullptr;
  ++one->replies;
  one->promised_idle = parser_.promised_idle;
  return site_->idle;
}

void exchange_run::let_go() {
  if (!connection_)
    return;
  const bool surplus = !connection_->unread().empty();
  std::shared_ptr<connection> one;
  if (auto where = part_with(one); where && !surplus)
    where->put(std::move(one));
  else
    one->close();
}

// -- the listener -------------------------------------------------------------

template <class Fun>
bool exchange_run::tell(Fun&& fun) {
  telling_ = true;
  fun(*listener_);
  telling_ = false;
  if (phase_ != phase::over)
    return true;
  listener_.reset();
  return false;
}

void exchange_run::cancel() {
  phase_ = phase::over;
  if (dial_)
    std::exchange(dial_, nullptr)->cancel();
  if (credit_)
    credit_->close();
  if (auto one = std::exchange(connection_, nullptr))
    one->close();
  if (!telling_)
    listener_.reset();
}

void exchange_run::finish(bytes whole, token_usage usage) {
  auto self = shared_from_this();
  auto listener = std::move(listener_);
  cancel();
  listener->finished(std::move(whole), usage);
}

void exchange_run::fail(fault what) {
  auto self = shared_from_this();
  auto listener = std::move(listener_);
  cancel();
  listener->failed(std::move(what));
}

void exchange_run::fail(failure_kind kind, const char* detail) {
  fail(make_fault(errc::llm_error, kind, detail));
}

void exchange_run::fail_wrong() {
  if (parser_.wrong() == failure_kind::too_large)
    fail(failure_kind::too_large, "The head of the reply is too large.");
  else
    fail(failure_kind::framing, "The reply is not proper HTTP.");
}

bool exchange_run::hand_out() {
  if (held_.empty() || !(token_ || done_))
    return true;
  if (!std::exchange(shown_, true)
      && !tell([](exchange_listener& to) { to.started(); }))
    return false;
  return tell([this](exchange_listener& to) {
    auto tokens = protocol::about_tokens(held_);
    to.more(credit_->lend(std::exchange(held_, {})), tokens);
  });
}

} // namespace caisson::upstream
