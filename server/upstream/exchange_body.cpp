// The states of an exchange in which a reply is read.
#include "server/upstream/exchange_run.hpp"

#include <algorithm>

#include "server/upstream/tail.hpp"

namespace caisson::upstream {
namespace {

using extent = reply_parser::extent;

/// Reads of a stream are bounded so that one never exceeds the credit by much.
constexpr std::size_t stream_read = connection::least_read;

/// Room behind a body of known length: a surplus would show there, and no read
/// before its end needs a larger buffer.
constexpr std::size_t lookout = connection::least_read;

/// Bodies without a length are short, or long.
constexpr std::size_t long_body = 256 * 1024;

} // namespace

void exchange_run::read_head() {
  auto used
    = parser_.head(connection_->unread(), site_->limits, site_->scratch);
  connection_->consume(used);
  if (parser_.wrong() != failure_kind::none)
    fail_wrong();
  else if (parser_.has_head())
    enter_reply();
  else
    connection_->read();
}

void exchange_run::enter_reply() {
  if (order_.noted)
    order_.noted(site_->scratch);
  enter_body();
}

std::size_t exchange_run::whole_limit() const noexcept {
  return std::max(site_->limits.whole, order_.whole);
}

void exchange_run::enter_body() {
  if (parser_.status != 200) {
    phase_ = phase::complaint;
    return read_complaint();
  }
  if (parser_.encoded)
    return fail(failure_kind::decode,
                "The reply has a coding that was not asked for.");
  if (order_.by_type ? parser_.event_stream : order_.what->stream) {
    if (!parser_.event_stream)
      return fail(failure_kind::decode,
                  "The provider was asked for a stream and sent none.");
    phase_ = phase::stream;
    credit_ = std::make_shared<credit>(
      connection_->get_executor(), site_->limits.credit, [this] { resume(); });
    return read_stream();
  }
  if (parser_.body == extent::length) {
    if (parser_.left > whole_limit())
      return fail(failure_kind::too_large, "The reply is too large.");
    connection_->reserve(parser_.left + lookout);
  }
  phase_ = phase::whole;
  read_whole();
}

// -- whole replies ------------------------------------------------------------

void exchange_run::collect(std::size_t limit) {
  if (!text_)
    text_ = std::make_shared<std::string>();
  // A long body is given its whole room at once: growing by doubling would hold
  // it twice. What is not written to is not resident.
  if (text_->size() > long_body && text_->capacity() <= limit)
    text_->reserve(limit + 1);
  auto unread = connection_->unread();
  std::size_t used = 0;
  while (used < unread.size() && !parser_.ended()
         && parser_.wrong() == failure_kind::none && text_->size() <= limit) {
    auto piece = parser_.next(unread.substr(used));
    used += piece.consumed;
    text_->append(
      piece.data.substr(0, limit + 1 - std::min(limit, text_->size())));
  }
  connection_->consume(used);
}

void exchange_run::read_whole() {
  const auto limit = whole_limit();
  auto unread = connection_->unread();
  if (parser_.body == extent::length) {
    if (unread.size() < parser_.left)
      return connection_->read();
    return end_whole(parser_.next(unread).data, true);
  }
  if (parser_.body == extent::until_close) {
    if (unread.size() > limit)
      return fail(failure_kind::too_large, "The reply is too large.");
    return connection_->read();
  }
  collect(limit);
  if (text_->size() > limit)
    fail(failure_kind::too_large, "The reply is too large.");
  else if (parser_.wrong() != failure_kind::none)
    fail_wrong();
  else if (parser_.ended())
    end_whole(*text_, false);
  else
    connection_->read();
}

void exchange_run::end_whole(std::string_view body, bool lies_in_connection) {
  auto reply = order_.reader->whole(body);
  const bool lend_buffer = lies_in_connection && reply && reply->passed_through;
  // What lies in the buffer is unread until now.
  const bool surplus
    = connection_->unread().size() > (lies_in_connection ? body.size() : 0);
  std::shared_ptr<connection> one;
  auto where = part_with(one);
  if (surplus)
    where = nullptr;
  bytes whole;
  if (lend_buffer)
    whole = lend(reply->body, std::move(one), std::move(where));
  else if (where)
    where->put(std::move(one));
  else
    one->close();
  if (!reply)
    return fail(reply.error());
  if (!reply->passed_through)
    whole = own(std::move(reply->translated));
  else if (!lend_buffer)
    whole = {reply->body, text_};
  finish(std::move(whole), reply->usage);
}

// -- replies other than 200 ---------------------------------------------------

void exchange_run::read_complaint() {
  const auto limit = site_->limits.complaint;
  collect(limit);
  if (parser_.ended() || text_->size() > limit
      || parser_.wrong() != failure_kind::none)
    end_complaint();
  else
    connection_->read();
}

void exchange_run::end_complaint() {
  // Even a complaint that was cut off says by its status what it is about.
  if (!text_)
    text_ = std::make_shared<std::string>();
  if (text_->size() > site_->limits.complaint)
    text_->resize(site_->limits.complaint);
  auto what
    = order_.wire->classify(parser_.status, parser_.retry_after, parser_.date,
                            parser_.encoded ? "" : *text_);
  let_go();
  fail(std::move(what));
}

// -- streams ------------------------------------------------------------------

bool exchange_run::take_step(result<protocol::stream_step> step) {
  if (!step) {
    broken_ = step.error();
    return false;
  }
  held_.append(step->out);
  token_ = token_ || step->has_token;
  done_ = done_ || step->done;
  return true;
}

bool exchange_run::feed_stream() {
  auto unread = connection_->unread();
  std::size_t used = 0;
  while (used < unread.size() && !parser_.ended()) {
    auto piece = parser_.next(unread.substr(used));
    used += piece.consumed;
    // What follows the end of the stream inside its framing is of no interest.
    if (!piece.data.empty() && !done_
        && !take_step(order_.reader->feed(piece.data)))
      break;
    if (parser_.wrong() != failure_kind::none) {
      if (!done_)
        broken_ = make_fault(errc::llm_error, failure_kind::framing,
                             "The reply is not proper HTTP.");
      break;
    }
  }
  seen_ += used;
  connection_->consume(used);
  return !broken_;
}

void exchange_run::read_stream() {
  const auto& limits = site_->limits;
  if (feed_stream() && parser_.ended() && !done_)
    if (take_step(order_.reader->close()))
      done_ = true;
  if (!broken_ && !done_
      && (seen_ > limits.stream || (!token_ && held_.size() > limits.held)))
    broken_ = make_fault(errc::llm_error, failure_kind::too_large,
                         "The stream is too large.");
  if (!hand_out())
    return;
  if (broken_)
    return fail(std::move(*broken_));
  if (done_
      && (order_.over_when_done || parser_.ended()
          || parser_.body == extent::until_close
          || parser_.wrong() != failure_kind::none))
    return end_stream();
  paused_ = credit_->spent(stream_read);
  if (!paused_)
    connection_->read(stream_read);
}

void exchange_run::resume() {
  if (!paused_ || phase_ != phase::stream || credit_->spent(stream_read))
    return;
  paused_ = false;
  connection_->read(stream_read);
}

void exchange_run::end_broken_stream(bool complete) {
  if (!done_ && !complete)
    broken_ = make_fault(errc::llm_error, failure_kind::framing,
                         "The provider broke off its reply.");
  else if (!done_)
    take_step(order_.reader->close());
  if (broken_)
    return fail(std::move(*broken_));
  done_ = true;
  end_stream();
}

/// The connection may be of use again, once the reply ends.
void exchange_run::leave_tail() {
  if (!order_.over_when_done || !connection_ || parser_.ended()
      || parser_.body == extent::until_close
      || parser_.wrong() != failure_kind::none)
    return;
  auto one = std::exchange(connection_, nullptr);
  one->attach(nullptr);
  await_tail(std::move(one), std::move(parser_), site_->idle);
}

void exchange_run::end_stream() {
  if (!hand_out())
    return;
  leave_tail();
  let_go();
  finish({}, order_.reader->usage());
}

} // namespace caisson::upstream
