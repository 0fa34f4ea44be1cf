#include "server/upstream/mcp_watch.hpp"

#include <algorithm>

#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/listen.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_call.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/upstream/mcp_hello.hpp"
#include "server/upstream/mcp_stream_ear.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

using namespace std::chrono_literals;

constexpr auto first_wait = 1s;
/// A server without a stream may be another one by then.
constexpr auto refused_wait = 600s;

/// Nobody's session can be asked anything by way of the node's own.
constexpr mcp::client_features nobody{};

} // namespace

mcp_watch::mcp_watch(std::shared_ptr<mcp_peer> at, boost::asio::io_context& io,
                     mcp_news to)
  : peer_{std::move(at)}, to_{std::move(to)}, timer_{io} {}

void mcp_watch::start() {
  talk_.reset();
  if (peer_->ready(nobody))
    return listen();
  greeting_
    = peer_->greet(nobody, stream_connect_by(),
                   [weak = weak_from_this()](const std::optional<fault>& why) {
                     auto self = weak.lock();
                     if (!self)
                       return;
                     self->greeting_.reset();
                     if (why)
                       self->rest();
                     else
                       self->listen();
                   });
}

void mcp_watch::want(const std::string& uri) {
  if (wanted_.size() >= mcp::most_watched || !wanted_.insert(uri).second)
    return;
  if (!talk_)
    return;
  if (peer_->spoken() == mcp::era::legacy)
    subscribe(uri);
  else
    start(); // the whole list is said at once
}

void mcp_watch::keep(const std::function<bool(const std::string&)>& wanted) {
  std::vector<std::string> dropped;
  for (auto& uri : wanted_)
    if (!wanted(uri))
      dropped.push_back(uri);
  for (auto& uri : dropped)
    wanted_.erase(uri);
  if (!talk_ || dropped.empty())
    return;
  if (peer_->spoken() != mcp::era::legacy)
    return start();
  for (auto& uri : dropped)
    subscribe(uri, "resources/unsubscribe");
}

void mcp_watch::listen() {
  if (peer_->spoken() == mcp::era::legacy)
    listen_in_session();
  else
    listen_alone();
  // What has changed before is not told.
  to_.offers_changed(false);
}

void mcp_watch::listen_in_session() {
  auto& in = *peer_->in(nobody);
  note_ = std::make_shared<mcp_note>();
  auto what = peer_->post(std::make_shared<call>(), stream_connect_by(), {}, 0,
                          &in, {}, note_);
  what.act = mcp_act::listen;
  talk_ = peer_->begin(
    std::move(what),
    std::make_unique<mcp_stream_ear<mcp_watch>>(weak_from_this()));
  for (auto& uri : wanted_)
    subscribe(uri);
}

void mcp_watch::listen_alone() {
  mcp::listen_filter filter{true, true, true, {wanted_.begin(), wanted_.end()}};
  mcp::upstream_call asked;
  asked.method = "subscriptions/listen";
  asked.members = mcp::write_wishes(filter);
  asked.asked_in = mcp::era::modern;
  auto fields = mcp::upstream_headers(asked);
  fields.emplace_back("MCP-Protocol-Version", mcp::name_of(mcp::latest_modern));
  auto id = peer_->next_id();
  note_ = std::make_shared<mcp_note>();
  talk_ = peer_->begin(
    peer_->post(
      std::make_shared<call>(), stream_connect_by(),
      mcp::write_upstream(asked, mcp::era::modern, id, mcp_client_info()), id,
      nullptr, fields, note_),
    std::make_unique<mcp_stream_ear<mcp_watch>>(weak_from_this()));
}

void mcp_watch::subscribe(const std::string& uri, std::string_view method) {
  std::string params;
  {
    protocol::json::object_writer root{params};
    root.string("uri", uri);
  }
  peer_->tell(
    mcp::write_request(std::to_string(peer_->next_id()), method, params),
    peer_->in(nobody));
}

void mcp_watch::heard(std::string_view events) {
  wait_ = first_wait;
  each_message(events, [this](auto message) { take(message); });
}

void mcp_watch::take(std::string_view message) {
  auto text = protocol::json::padded(message);
  auto read = mcp::read_body(text);
  if (!read || read->batch)
    return;
  auto& one = read->messages.front();
  if (one.method.ends_with("/list_changed"))
    to_.offers_changed(true);
  else if (one.method == mcp::resource_news)
    if (auto uri = mcp::text_of(one.params, "uri"))
      to_.resource_changed(*uri);
}

void mcp_watch::ended(bool refused) {
  auto self = shared_from_this();
  talk_.reset();
  auto status = note_->status;
  if (status == 400 || status == 404) {
    if (auto* in = peer_->in(nobody))
      peer_->lose(nobody, in->id);
    else
      peer_->forget();
  } else if (refused) {
    wait_ = refused_wait;
  }
  rest();
}

void mcp_watch::rest() {
  timer_.expires_after(wait_);
  if (wait_ <= longest_stream_wait)
    wait_ = std::min<std::chrono::seconds>(wait_ * 2, longest_stream_wait);
  else
    wait_ = first_wait;
  timer_.async_wait(
    [weak = weak_from_this()](const boost::system::error_code& ec) {
      auto self = weak.lock();
      if (!ec && self)
        self->start();
    });
}

} // namespace caisson::upstream
