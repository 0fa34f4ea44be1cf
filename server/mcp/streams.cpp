#include "server/mcp/streams.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "protocol/json/write.hpp"
#include "protocol/mcp/reply.hpp"
#include "server/http/door.hpp"
#include "server/mcp/asker.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

std::string legacy_notification(const std::string& method,
                                const std::string& uri) {
  if (uri.empty())
    return mcp::write_notification(method, {});
  std::string params;
  {
    protocol::json::object_writer root{params};
    root.string("uri", uri);
  }
  return mcp::write_notification(method, params);
}

/// What a stream of a modern request ends with: its result.
std::string last_words(std::string_view id) {
  mcp::result_frame frame;
  frame.spoken = mcp::era::modern;
  return mcp::write_result(id, "{}", frame);
}

} // namespace

mcp_streams::mcp_streams(io_thread& home, surroundings around)
  : home_(home), around_(around) {
  // nop
}

// -- opening ------------------------------------------------------------------

void mcp_streams::open(requester& to, const mcp::session& in,
                       std::uint64_t seat, std::optional<mcp::event_id> last) {
  auto made = std::make_shared<stream>();
  made->to = to.hold();
  made->seat = seat;
  made->in = in;
  auto& news = around_.news;
  auto known = last ? news.number_of(*last) : std::nullopt;
  auto lost = last && (!known || !news.after(*known));
  made->heard = known && !lost ? *known : news.last();
  begin_in_session(made, lost ? std::nullopt
                              : std::optional{news.id_of(made->heard)});
  if (lost)
    tell_missed(*made);
  else
    tell_news(*made);
}

bool mcp_streams::open_rest(requester& to, const mcp::session& in,
                            std::uint64_t seat, mcp::event_id last) {
  auto& answers = around_.answers;
  if (!answers.after(in.key, last)
      || !answers.take_up(in.key, last.stream,
                          [this, of = last.stream] { wake(of); }))
    return false;
  for (auto& one : std::vector{open_})
    if (one->answer == last.stream)
      close(one);
  auto made = std::make_shared<stream>();
  made->to = to.hold();
  made->seat = seat;
  made->in = in;
  made->answer = last.stream;
  made->heard = last.event;
  begin_in_session(made, last);
  tell_rest(made);
  return true;
}

void mcp_streams::open(requester& to, std::string_view id, std::uint64_t seat,
                       mcp::listen_filter filter) {
  auto made = std::make_shared<stream>();
  made->to = to.hold();
  made->seat = seat;
  made->id = id;
  made->heard = around_.news.last();
  auto first = event_of(mcp::write_acknowledged(id, filter));
  made->filter = std::move(filter);
  around_.all.heed(made->filter.uris);
  begin(made, first);
}

void mcp_streams::begin(const stream_ptr& what, std::string_view first) {
  what->request = what->to->request().id;
  if (open_.empty())
    home_.look_after(*this);
  open_.push_back(what);
  what->to->watch(this);
  what->to->begin_stream(stream_media, stream_fields);
  say(*what, first);
}

/// Something must be sent, or the client does not see that it has a stream.
void mcp_streams::begin_in_session(const stream_ptr& what,
                                   std::optional<mcp::event_id> at) {
  std::string first;
  if (at && mcp::primes_streams(what->in->spoken))
    mcp::append_priming(first, *at, come_again_after);
  else
    first = mcp::keep_alive;
  begin(what, first);
}

// -- telling ------------------------------------------------------------------

/// The client may be found gone by it.
void mcp_streams::say(stream& to, std::string_view event) {
  to.sign_due = io_thread::now() + around_.control.rules()->keep_alive;
  to.to->stream(own(std::string{event}));
}

bool mcp_streams::wants(const stream& one, const mcp_news_item& what) const {
  if (!one.in)
    return one.filter.wants(what.method, what.uri);
  return what.uri.empty() || around_.all.wants(one.in->key, what.uri);
}

/// `numbered`: the client of a session that has heard of it has heard of all
/// before.
void mcp_streams::inform(stream& one, const mcp_news_item& what,
                         bool numbered) {
  std::string event;
  if (!one.in)
    mcp::append_event(event, mcp::write_heard(one.id, what.method, what.uri));
  else
    mcp::append_event(event, legacy_notification(what.method, what.uri),
                      numbered ? std::optional{around_.news.id_of(what.number)}
                               : std::nullopt);
  say(one, event);
}

void mcp_streams::tell_news(stream& one) {
  auto fresh = around_.news.after(one.heard);
  if (!fresh)
    return tell_missed(one);
  for (auto& what : *fresh) {
    one.heard = what.number;
    if (wants(one, what))
      inform(one, what);
  }
}

/// Nobody knows any more what it has missed: all it might be, for its client to
/// look.
void mcp_streams::tell_missed(stream& one) {
  one.heard = around_.news.last();
  std::vector<mcp_news_item> all;
  for (auto method : mcp::list_news)
    all.push_back({one.heard, std::string{method}, {}});
  auto uris = one.in ? around_.all.uris(one.in->key) : one.filter.uris;
  for (auto& uri : uris)
    all.push_back({one.heard, std::string{mcp::resource_news}, std::move(uri)});
  std::erase_if(all, [&](auto& what) { return !wants(one, what); });
  for (auto& what : all)
    inform(one, what, &what == &all.back());
}

void mcp_streams::catch_up() {
  boost::asio::post(home_.context(), [this] {
    // A copy: whoever is found gone leaves.
    for (auto& one : std::vector{open_})
      if (one->tells_news())
        tell_news(*one);
  });
}

void mcp_streams::tell_rest(const stream_ptr& what) {
  auto rest = around_.answers.after(what->in->key, {what->answer, what->heard});
  if (!rest)
    return close(what);
  for (auto& event : rest->events) {
    ++what->heard;
    say(*what, event);
  }
  if (rest->over)
    close(what);
}

/// Something has come to an answer, or it is gone. On any thread.
void mcp_streams::wake(std::uint64_t answer) {
  boost::asio::post(home_.context(), [this, answer] {
    for (auto& one : std::vector{open_})
      if (one->answer == answer)
        tell_rest(one);
  });
}

// -- ending -------------------------------------------------------------------

void mcp_streams::end(const session_register::key& of) {
  boost::asio::post(home_.context(), [this, of] {
    for (auto& one : std::vector{open_})
      if (one->in && one->in->key == of)
        close(one);
  });
}

void mcp_streams::replace(const session_register::key& of, std::uint64_t seat) {
  boost::asio::post(home_.context(), [this, of, seat] {
    for (auto& one : std::vector{open_})
      if (one->in && one->in->key == of && one->tells_news()
          && one->seat != seat)
        close(one);
  });
}

bool mcp_streams::revoked(const stream& one) const {
  return around_.revoked.any()
         && around_.revoked.holds(one.to->request().who.key_shown);
}

void mcp_streams::sweep(time_point now) {
  auto day = today();
  for (auto& one : std::vector{open_}) {
    // An answer is waited for: the node has patience with it when it drains.
    auto ends = one->tells_news() && one->to->through().closing;
    if (ends || revoked(*one) || (one->in && one->in->expires <= day))
      close(one);
    else if (one->sign_due <= now)
      say(*one, mcp::keep_alive);
  }
}

/// Ends it as it should end, for a client that is there.
void mcp_streams::close(const stream_ptr& what) {
  if (!drop(what))
    return;
  what->to->watch(nullptr);
  if (!what->in)
    what->to->stream(own(event_of(last_words(what->id))));
  what->to->end_stream();
}

void mcp_streams::client_gone(std::uint64_t request) {
  auto gone = std::find_if(open_.begin(), open_.end(),
                           [=](auto& one) { return one->request == request; });
  if (gone != open_.end())
    drop(stream_ptr{*gone});
}

/// False: it has left already.
bool mcp_streams::drop(const stream_ptr& what) {
  if (std::erase(open_, what) == 0)
    return false;
  auto of_session = what->in && what->tells_news();
  around_.all.leave(of_session ? &what->in->key : nullptr, what->seat);
  around_.all.ignore(what->filter.uris);
  if (open_.empty())
    home_.forget(*this);
  return true;
}

} // namespace caisson
