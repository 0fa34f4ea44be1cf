// The states of an exchange in which a reply is read.
#include "server/upstream/exchange_run.hpp"

#include <algorithm>

namespace caisson::upstream {
namespace {

using extent = reply_parser::extent;

/// Reads of a stream are bounded so that one never exceeds the credit by much.
constexpr std::size_t stream_read = connection::least_read;

/// Room behind a body of known length: a surplus would show there, and no read
/// before its end needs a larger buffer.
constexpr std::size_t lookout = connection::least_read;

} // namespace

void exchange_run::read_head() {
  auto used
    = x_parser.head(x_connection->unread(), x_site->limits, x_site->scratch);
  x_connection->consume(used);
  if (x_parser.wrong() != failure_kind::none)
    fail_wrong();
  else if (x_parser.has_head())
    enter_body();
  else
    x_connection->read();
}

void exchange_run::enter_body() {
  if (x_parser.status != 200) {
    x_phase = phase::complaint;
    return read_complaint();
  }
  if (x_parser.encoded)
    return fail(failure_kind::decode,
                "The reply has a coding that was not asked for.");
  if (x_order.what->stream) {
    if (!x_parser.event_stream)
      return fail(failure_kind::decode,
                  "The provider was asked for a stream and sent none.");
    x_phase = phase::stream;
    x_credit
      = std::make_shared<credit>(x_connection->get_executor(),
                                 x_site->limits.credit, [this] { resume(); });
    return read_stream();
  }
  if (x_parser.body == extent::length) {
    if (x_parser.left > x_site->limits.whole)
      return fail(failure_kind::too_large, "The reply is too large.");
    x_connection->reserve(x_parser.left + lookout);
  }
  x_phase = phase::whole;
  read_whole();
}

// -- whole replies ------------------------------------------------------------

void exchange_run::collect(std::size_t limit) {
  if (!x_text)
    x_text = std::make_shared<std::string>();
  auto unread = x_connection->unread();
  std::size_t used = 0;
  while (used < unread.size() && !x_parser.ended()
         && x_parser.wrong() == failure_kind::none && x_text->size() <= limit) {
    auto piece = x_parser.next(unread.substr(used));
    used += piece.consumed;
    x_text->append(
      piece.data.substr(0, limit + 1 - std::min(limit, x_text->size())));
  }
  x_connection->consume(used);
}

void exchange_run::read_whole() {
  const auto limit = x_site->limits.whole;
  auto unread = x_connection->unread();
  if (x_parser.body == extent::length) {
    if (unread.size() < x_parser.left)
      return x_connection->read();
    return end_whole(x_parser.next(unread).data, true);
  }
  if (x_parser.body == extent::until_close) {
    if (unread.size() > limit)
      return fail(failure_kind::too_large, "The reply is too large.");
    return x_connection->read();
  }
  collect(limit);
  if (x_text->size() > limit)
    fail(failure_kind::too_large, "The reply is too large.");
  else if (x_parser.wrong() != failure_kind::none)
    fail_wrong();
  else if (x_parser.ended())
    end_whole(*x_text, false);
  else
    x_connection->read();
}

void exchange_run::end_whole(std::string_view body, bool lies_in_connection) {
  auto reply = x_order.reader->whole(body);
  const bool lend_buffer = lies_in_connection && reply && reply->passed_through;
  // What lies in the buffer is unread until now.
  const bool surplus
    = x_connection->unread().size() > (lies_in_connection ? body.size() : 0);
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
    whole = {reply->body, x_text};
  finish(std::move(whole), reply->usage);
}

// -- replies other than 200 ---------------------------------------------------

void exchange_run::read_complaint() {
  const auto limit = x_site->limits.complaint;
  collect(limit);
  if (x_parser.ended() || x_text->size() > limit
      || x_parser.wrong() != failure_kind::none)
    end_complaint();
  else
    x_connection->read();
}

void exchange_run::end_complaint() {
  // Even a complaint that was cut off says by its status what it is about.
  if (!x_text)
    x_text = std::make_shared<std::string>();
  if (x_text->size() > x_site->limits.complaint)
    x_text->resize(x_site->limits.complaint);
  auto what
    = x_order.wire->classify(x_parser.status, x_parser.retry_after,
                             x_parser.date, x_parser.encoded ? "" : *x_text);
  let_go();
  fail(std::move(what));
}

// -- streams ------------------------------------------------------------------

bool exchange_run::take_step(result<protocol::stream_step> step) {
  if (!step) {
    x_broken = std::move(step.error());
    return false;
  }
  x_held.append(step->out);
  x_token = x_token || step->has_token;
  x_done = x_done || step->done;
  return true;
}

bool exchange_run::feed_stream() {
  auto unread = x_connection->unread();
  std::size_t used = 0;
  while (used < unread.size() && !x_parser.ended()) {
    auto piece = x_parser.next(unread.substr(used));
    used += piece.consumed;
    // What follows the end of the stream inside its framing is of no interest.
    if (!piece.data.empty() && !x_done
        && !take_step(x_order.reader->feed(piece.data)))
      break;
    if (x_parser.wrong() != failure_kind::none) {
      if (!x_done)
        x_broken = make_fault(errc::llm_error, failure_kind::framing,
                              "The reply is not proper HTTP.");
      break;
    }
  }
  x_seen += used;
  x_connection->consume(used);
  return !x_broken;
}

void exchange_run::read_stream() {
  const auto& limits = x_site->limits;
  if (feed_stream() && x_parser.ended() && !x_done)
    if (take_step(x_order.reader->close()))
      x_done = true;
  if (!x_broken && !x_done
      && (x_seen > limits.stream || (!x_token && x_held.size() > limits.held)))
    x_broken = make_fault(errc::llm_error, failure_kind::too_large,
                          "The stream is too large.");
  if (!hand_out())
    return;
  if (x_broken)
    return fail(std::move(*x_broken));
  if (x_done
      && (x_parser.ended() || x_parser.body == extent::until_close
          || x_parser.wrong() != failure_kind::none))
    return end_stream();
  x_paused = x_credit->spent(stream_read);
  if (!x_paused)
    x_connection->read(stream_read);
}

void exchange_run::resume() {
  if (!x_paused || x_phase != phase::stream || x_credit->spent(stream_read))
    return;
  x_paused = false;
  x_connection->read(stream_read);
}

void exchange_run::end_broken_stream(bool complete) {
  if (!x_done && take_step(x_order.reader->close()) && !complete)
    x_broken = make_fault(errc::llm_error, failure_kind::framing,
                          "The provider broke off its reply.");
  if (x_broken)
    return fail(std::move(*x_broken));
  x_done = true;
  end_stream();
}

void exchange_run::end_stream() {
  if (!hand_out())
    return;
  let_go();
  finish({}, x_order.reader->usage());
}

} // namespace caisson::upstream
