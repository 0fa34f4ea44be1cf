#include "server/upstream/exchange_run.hpp"

#include <boost/asio/error.hpp>

#include "server/upstream/request_head.hpp"

namespace caisson::upstream {

namespace asio = boost::asio;

exchange_run::exchange_run(std::shared_ptr<site> where, order what,
                           std::unique_ptr<exchange_listener> listener)
  : x_site{std::move(where)}, x_order{std::move(what)},
    x_listener{std::move(listener)} {}

// -- connection ---------------------------------------------------------------

void exchange_run::start() {
  if (x_phase == phase::over)
    return;
  if (x_order.refused)
    fail(std::move(*x_order.refused));
  else if (!well_formed(x_order.request))
    fail(make_fault(errc::unexpected, "A request that must not be sent."));
  else if (auto idle = x_site->idle->take())
    use(std::move(idle));
  else
    dial_new();
}

void exchange_run::dial_new() {
  x_phase = phase::dialing;
  x_dial = dial::start(
    x_site, x_order.connect_by,
    [weak = weak_from_this()](result<std::shared_ptr<connection>> made) {
      auto self = weak.lock();
      if (!self)
        return;
      self->x_dial.reset();
      if (made)
        self->use(std::move(*made));
      else
        self->fail(made.error());
    });
}

void exchange_run::use(std::shared_ptr<connection> one) {
  x_phase = phase::head;
  x_connection = std::move(one);
  x_connection->attach(this);
  compose_head(x_site->where, x_order.request, *x_order.what,
               x_connection->head());
  x_connection->send(x_order.request.body, x_order.request.owner);
  x_connection->read();
}

bool exchange_run::may_try_again() const noexcept {
  // A peer that had closed before our request came cannot be told from one
  // that died of it, so a call that must not be made twice is not.
  return x_phase == phase::head && !x_heard && !x_retried
         && x_connection->replies > 0 && x_order.what->idempotent;
}

void exchange_run::on_bytes() {
  auto self = shared_from_this();
  x_heard = true;
  switch (x_phase) {
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
    x_retried = true;
    return dial_new();
  }
  const bool orderly = why == asio::error::eof;
  const bool complete
    = orderly && x_parser.body == reply_parser::extent::until_close;
  if (x_phase == phase::complaint)
    return end_complaint();
  if (x_phase == phase::whole && complete)
    return end_whole(x_connection->unread(), true);
  if (x_phase == phase::stream && (x_done || orderly))
    return end_broken_stream(complete);
  if (x_heard)
    fail(failure_kind::framing, "The provider broke off its reply.");
  else if (orderly || why.category() != asio::error::get_system_category())
    fail(failure_kind::eof, "The provider hung up before it replied.");
  else
    fail(failure_kind::reset, "The provider reset the connection.");
}

std::shared_ptr<pool>
exchange_run::part_with(std::shared_ptr<connection>& one) {
  one = std::exchange(x_connection, nullptr);
  one->attach(nullptr);
  // Bytes behind the reply, or a reply to half of a request: what comes next
  // on this connection could be taken for somebody else's answer.
  const bool good = x_parser.keep_alive && x_parser.ended()
                    && x_parser.wrong() == failure_kind::none && one->sent()
                    && !one->closed();
  if (!good)
    return nullptr;
  ++one->replies;
  one->promised_idle = x_parser.promised_idle;
  return x_site->idle;
}

void exchange_run::let_go() {
  if (!x_connection)
    return;
  const bool surplus = !x_connection->unread().empty();
  std::shared_ptr<connection> one;
  if (auto where = part_with(one); where && !surplus)
    where->put(std::move(one));
  else
    one->close();
}

// -- the listener -------------------------------------------------------------

template <class Fun>
bool exchange_run::tell(Fun&& fun) {
  x_telling = true;
  fun(*x_listener);
  x_telling = false;
  if (x_phase != phase::over)
    return true;
  x_listener.reset();
  return false;
}

void exchange_run::cancel() {
  x_phase = phase::over;
  if (x_dial)
    std::exchange(x_dial, nullptr)->cancel();
  if (x_credit)
    x_credit->close();
  if (auto one = std::exchange(x_connection, nullptr))
    one->close();
  if (!x_telling)
    x_listener.reset();
}

void exchange_run::finish(bytes whole, token_usage usage) {
  auto self = shared_from_this();
  auto listener = std::move(x_listener);
  cancel();
  listener->finished(std::move(whole), usage);
}

void exchange_run::fail(fault what) {
  auto self = shared_from_this();
  auto listener = std::move(x_listener);
  cancel();
  listener->failed(std::move(what));
}

void exchange_run::fail(failure_kind kind, const char* detail) {
  fail(make_fault(errc::llm_error, kind, detail));
}

void exchange_run::fail_wrong() {
  if (x_parser.wrong() == failure_kind::too_large)
    fail(failure_kind::too_large, "The head of the reply is too large.");
  else
    fail(failure_kind::framing, "The reply is not proper HTTP.");
}

bool exchange_run::hand_out() {
  if (x_held.empty() || !(x_token || x_done))
    return true;
  if (!std::exchange(x_shown, true)
      && !tell([](exchange_listener& to) { to.started(); }))
    return false;
  return tell([this](exchange_listener& to) {
    to.more(x_credit->lend(std::exchange(x_held, {})));
  });
}

} // namespace caisson::upstream
