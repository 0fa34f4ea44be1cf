#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// What is done with the news of a server, on the thread of its watch.
struct mcp_news {
  /// It may offer something else than before: `told` by itself, or because it
  /// was not listened to for a while.
  std::function<void(bool told)> offers_changed;
  std::function<void(const std::string& uri)> resource_changed;
};

/// Listens to what an upstream server of MCP says by itself: on the stream of a
/// session of its own, or by `subscriptions/listen`. A server that has no such
/// stream is asked again now and then; all it costs is that changes are seen
/// later. It is nobody's call, so neither breaker nor bulkhead know of it.
///
///               the server is known              it ends, or is refused
///   greeting ─────────────────────► listening ──────────────────────┐
///      ▲           fails │                                           ▼
///      └─────────────────┴──────────── after a wait, ever longer ─ resting
class mcp_watch : public std::enable_shared_from_this<mcp_watch> {
public:
  mcp_watch(std::shared_ptr<mcp_peer> at, boost::asio::io_context& io,
            mcp_news to);

  void start();

  /// Hears of changes of that resource from now on.
  void want(const std::string& uri);

  /// Goes on with those alone of which this is true.
  void keep(const std::function<bool(const std::string& uri)>& wanted);

  // What the exchange of the moment says.
  void heard(std::string_view events);
  void ended(bool refused);

private:
  template <class To>
  friend class mcp_stream_ear;

  void listen();
  void listen_in_session();
  void listen_alone();
  void subscribe(const std::string& uri,
                 std::string_view method = "resources/subscribe");
  void take(std::string_view message);
  void rest();

  std::shared_ptr<mcp_peer> peer_;
  mcp_news to_;
  std::set<std::string> wanted_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<void> greeting_;
  std::unique_ptr<exchange> talk_;
  std::shared_ptr<mcp_note> note_;
  std::chrono::seconds wait_{1};
};

} // namespace caisson::upstream
