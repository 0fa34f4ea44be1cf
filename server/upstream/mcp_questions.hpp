#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include "protocol/mcp/message.hpp"
#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// The stream of a session on which its server speaks by itself. There the
/// reference SDKs ask the client of a call, too, unless they are told that the
/// question belongs to it.
///
/// Nothing in such a question says whose it is: it is for the one call that is
/// under way in the session. With several or none it is refused, for nobody is
/// to be asked what another's call wants to know.
///
/// The stream is there before the first call of its session, as far as the
/// server has one, and as long as the session: a server says nothing again that
/// nobody has heard. On one I/O thread.
class mcp_questions : public std::enable_shared_from_this<mcp_questions> {
public:
  /// Hears a question to its client, as an event.
  using asked = std::function<void(bytes)>;

  mcp_questions(std::weak_ptr<mcp_peer> at, mcp_peer::session in,
                boost::asio::io_context& io);

  /// Opens the stream. `then` hears that it is open, or that there is none, or
  /// that this takes long.
  void open(std::function<void()> then);

  /// A call that is under way, for as long as the ticket lives.
  std::shared_ptr<void> join(asked who);

private:
  template <class To>
  friend class mcp_stream_ear;

  void listen();
  void heard(std::string_view events);
  void take(std::string_view message);
  void refuse(const protocol::mcp::message& question);
  void ended(bool refused);
  void tell_opener();
  void after(std::chrono::milliseconds wait, void (mcp_questions::*what)());

  std::weak_ptr<mcp_peer> peer_;
  mcp_peer::session in_;
  boost::asio::steady_timer timer_;
  std::function<void()> then_;
  std::list<std::weak_ptr<asked>> calls_;
  std::unique_ptr<exchange> talk_;
  std::shared_ptr<mcp_note> note_;
  std::chrono::seconds wait_{1};
};

} // namespace caisson::upstream
