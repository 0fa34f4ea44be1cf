#include "server/upstream/mcp_questions.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/error.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/upstream/mcp_stream_ear.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

using namespace std::chrono_literals;

/// Who says nothing of the stream until there is something to say on it is not
/// waited for longer.
constexpr auto longest_opening = 500ms;

} // namespace

mcp_questions::mcp_questions(std::weak_ptr<mcp_peer> at, mcp_peer::session in,
                             boost::asio::io_context& io)
  : peer_{std::move(at)}, in_{std::move(in)}, timer_{io} {}

void mcp_questions::open(std::function<void()> then) {
  then_ = std::move(then);
  listen();
  after(longest_opening, &mcp_questions::tell_opener);
}

std::shared_ptr<void> mcp_questions::join(asked who) {
  auto made = std::make_shared<asked>(std::move(who));
  calls_.push_back(made);
  return made;
}

void mcp_questions::listen() {
  auto peer = peer_.lock();
  if (!peer)
    return;
  note_ = std::make_shared<mcp_note>();
  // In its own time: whoever hears of it may end the exchange that tells it.
  note_->arrived = [weak = weak_from_this(), io = timer_.get_executor()] {
    boost::asio::post(io, [weak] {
      if (auto self = weak.lock())
        self->tell_opener();
    });
  };
  auto what = peer->post(std::make_shared<call>(), stream_connect_by(), {}, 0,
                         &in_, {}, note_);
  what.act = mcp_act::listen;
  talk_ = peer->begin(
    std::move(what),
    std::make_unique<mcp_stream_ear<mcp_questions>>(weak_from_this()));
}

void mcp_questions::tell_opener() {
  if (auto then = std::exchange(then_, {}))
    then();
}

void mcp_questions::heard(std::string_view events) {
  auto self = shared_from_this();
  wait_ = 1s;
  each_message(events, [this](auto message) { take(message); });
}

void mcp_questions::take(std::string_view message) {
  auto text = protocol::json::padded(message);
  auto read = mcp::read_body(text);
  if (!read || read->batch
      || read->messages.front().kind != mcp::message_kind::request)
    return;
  calls_.remove_if([](auto& one) { return one.expired(); });
  auto only = calls_.size() == 1 ? calls_.front().lock() : nullptr;
  if (!only || read->messages.front().method == "ping")
    return refuse(read->messages.front());
  std::string event;
  mcp::append_event(event, text);
  (*only)(own(std::move(event)));
}

void mcp_questions::refuse(const mcp::message& question) {
  auto peer = peer_.lock();
  if (!peer)
    return;
  if (question.method == "ping")
    return peer->tell(mcp::write_result(question.id, "{}", {}), &in_);
  auto why = mcp::method_not_found(mcp::era::legacy, question.method);
  why.message = "Nobody can be asked now.";
  why.id = question.id;
  peer->tell(mcp::write_error(why), &in_);
}

void mcp_questions::ended(bool refused) {
  auto self = shared_from_this();
  talk_.reset();
  // A session that is lost is found to be so by the next call.
  if (!refused && note_->status != 400 && note_->status != 404) {
    after(wait_, &mcp_questions::listen);
    wait_ = std::min<std::chrono::seconds>(wait_ * 2, longest_stream_wait);
  }
  tell_opener();
}

void mcp_questions::after(std::chrono::milliseconds wait,
                          void (mcp_questions::*what)()) {
  timer_.expires_after(wait);
  timer_.async_wait(
    [weak = weak_from_this(), what](const boost::system::error_code& ec) {
      auto self = weak.lock();
      if (!ec && self)
        ((*self).*what)();
    });
}

} // namespace caisson::upstream
