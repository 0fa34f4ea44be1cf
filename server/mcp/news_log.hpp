#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "protocol/mcp/event_ring.hpp"
#include "protocol/mcp/event_stream.hpp"

namespace caisson {

/// Something has changed, for whoever wants to hear of it.
struct mcp_news_item {
  std::uint64_t number = 0;
  std::string method;
  std::string uri; ///< of a resource; empty: it is about a list
};

/// The last news of this node, one log for all: who hears of which of them is
/// decided when they are told. So a client of a session that lost its stream
/// is told what it missed without anything being kept of it. On any thread.
class news_log {
public:
  news_log();

  void add(std::string method, std::string uri);

  /// The number of the last.
  std::uint64_t last() const;

  /// All after that one. Nothing: some of it is not there any more.
  std::optional<std::vector<mcp_news_item>> after(std::uint64_t number) const;

  /// What an event of such a stream is called.
  protocol::mcp::event_id id_of(std::uint64_t number) const noexcept {
    return {stream_, number};
  }

  /// Whether the id is of a stream of news, this node's or another's, and not
  /// of an answer: the last bit tells.
  static bool names(protocol::mcp::event_id id) noexcept {
    return (id.stream & 1) == 0;
  }

  /// The number that the id stands for; nothing: it is of another node, or of
  /// this one before it was started anew.
  std::optional<std::uint64_t>
  number_of(protocol::mcp::event_id id) const noexcept {
    return id.stream == stream_ ? std::optional{id.event} : std::nullopt;
  }

private:
  static constexpr std::size_t most = 1024;
  static constexpr std::size_t most_bytes = 256 * 1024;

  const std::uint64_t stream_; ///< drawn: ids of before mean nothing now
  mutable std::mutex lock_;
  protocol::mcp::event_ring<mcp_news_item> kept_{most, most_bytes};
};

} // namespace caisson
