#include "server/mcp/streams.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "protocol/json/write.hpp"
#include "protocol/mcp/event_stream.hpp"
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

mcp_streams::mcp_streams(io_thread& home, session_register& all,
                         const mcp_control& control)
  : home_(home), all_(all), control_(control) {
  // nop
}

void mcp_streams::open(requester& to, const mcp::session& in) {
  auto made = std::make_shared<stream>();
  made->to = to.hold();
  made->in = in;
  // Something must be sent, or the client does not see that it has a stream.
  begin(std::move(made), mcp::keep_alive);
}

void mcp_streams::open(requester& to, std::string_view id,
                       mcp::listen_filter filter) {
  auto made = std::make_shared<stream>();
  made->to = to.hold();
  made->id = id;
  auto first = event_of(mcp::write_acknowledged(id, filter));
  made->filter = std::move(filter);
  all_.heed(made->filter.uris);
  begin(std::move(made), first);
}

void mcp_streams::begin(stream_ptr what, std::string_view first) {
  what->request = what->to->request().id;
  if (open_.empty())
    home_.look_after(*this);
  open_.push_back(what);
  what->to->watch(this);
  what->to->begin_stream(stream_media, stream_fields);
  say(*what, first);
}

/// The client may be found gone by it.
void mcp_streams::say(stream& to, std::string_view event) {
  to.sign_due = io_thread::now() + control_.rules()->keep_alive;
  to.to->stream(own(std::string{event}));
}

void mcp_streams::inform(stream& one, const std::string& method,
                         const std::string& uri) {
  if (!one.in) {
    if (one.filter.wants(method, uri))
      say(one, event_of(mcp::write_heard(one.id, method, uri)));
  } else if (uri.empty() || all_.wants(one.in->key, uri)) {
    say(one, event_of(legacy_notification(method, uri)));
  }
}

void mcp_streams::tell(std::string method, std::string uri) {
  boost::asio::post(home_.context(),
                    [this, method = std::move(method), uri = std::move(uri)] {
                      // A copy: whoever is found gone leaves.
                      for (auto& one : std::vector{open_})
                        inform(*one, method, uri);
                    });
}

void mcp_streams::end(const session_register::key& of) {
  boost::asio::post(home_.context(), [this, of] {
    for (auto& one : std::vector{open_})
      if (one->in && one->in->key == of)
        close(one);
  });
}

void mcp_streams::sweep(time_point now) {
  auto day = today();
  for (auto& one : std::vector{open_}) {
    if (one->to->through().closing || (one->in && one->in->expires <= day))
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
  all_.leave(what->in ? &what->in->key : nullptr);
  all_.ignore(what->filter.uris);
  if (open_.empty())
    home_.forget(*this);
  return true;
}

} // namespace caisson
