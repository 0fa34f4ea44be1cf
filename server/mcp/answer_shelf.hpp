#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/call.hpp"
#include "protocol/mcp/ended_sessions.hpp"
#include "protocol/mcp/event_ring.hpp"
#include "protocol/mcp/event_stream.hpp"

namespace caisson {

/// Answers to clients of sessions that are streams, for who loses one on the
/// way: it comes back with the id of the last event that it has seen, and is
/// told the rest, also what is yet to come. An answer lies here while it is
/// given and a minute longer; what is too much, by stream or in all, is
/// dropped, the oldest first, and cannot be taken up then. On any thread.
class answer_shelf {
public:
  using key = protocol::mcp::session_key;
  using id = protocol::mcp::event_id;

  /// Not so many bytes are kept of all.
  struct bounds {
    std::size_t streams = 4096;
    std::size_t events = 256;                  ///< of a stream
    std::size_t stream_bytes = 4 << 20;        ///< likewise
    std::size_t bytes = std::size_t{64} << 20; ///< of all streams
    std::chrono::milliseconds after_end{60'000};
  };

  answer_shelf() = default;
  explicit answer_shelf(bounds within) : bounds_{within} {}

  /// A stream begins; its number, of which no other is in any node.
  std::uint64_t begin(const key& who, time_point now);

  /// Keeps a message as the next event of it: what is said on the stream.
  /// `last`: with it the answer ends.
  std::string add(const key& who, std::uint64_t stream,
                  std::string_view message, bool last, time_point now);

  struct rest {
    std::vector<std::string> events; ///< as they are said
    bool over = false;               ///< nothing will come behind them
  };

  /// What a session has missed after that event. Nothing: that is not known,
  /// not any more, or not of that session.
  std::optional<rest> after(const key& who, id last) const;

  /// The client has come back to it: whoever gave the answer gives it no more,
  /// and `more` is called when something has come to it, or it is gone, on any
  /// thread. False: there is no such stream.
  bool take_up(const key& who, std::uint64_t stream,
               std::function<void()> more);

  /// Whether it has.
  bool taken_up(const key& who, std::uint64_t stream) const;

  /// A request was cancelled, a session has ended.
  void drop(const key& who, std::uint64_t stream);
  void drop(const key& who);

  std::size_t bytes() const;

private:
  using name = std::pair<key, std::uint64_t>;

  struct kept {
    answer_shelf::name name;
    protocol::mcp::event_ring<std::string> events;
    bool over = false;
    time_point until = time_point::max();
    std::function<void()> more;
  };
  using shelf = std::list<kept>;                      ///< the oldest first
  using waiting = std::vector<std::function<void()>>; ///< to be told

  const kept* find(const key& who, std::uint64_t stream) const;
  void remove(shelf::iterator which, waiting& told);
  void make_room(time_point now, waiting& told);

  bounds bounds_;
  mutable std::mutex lock_;
  shelf all_;
  std::map<name, shelf::iterator> by_name_;
  std::size_t bytes_ = 0;
};

} // namespace caisson
