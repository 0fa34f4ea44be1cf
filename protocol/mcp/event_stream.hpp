#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol::mcp {

/// The id of an event of a legacy stream, unique within its session: which of
/// the session's streams, and which event of it. A client that lost the stream
/// sends the last one back as Last-Event-ID.
struct event_id {
  std::uint64_t stream = 0;
  std::uint64_t event = 0;

  bool operator==(const event_id&) const = default;
};

/// `1f-3`: both in lower-case hexadecimal digits, without leading zeros.
std::string to_string(event_id id);

/// Reads what `to_string` writes, and nothing else.
std::optional<event_id> read_event_id(std::string_view text) noexcept;

/// Appends a message as one event. Line ends inside it, which JSON may have
/// between its tokens, become line ends of the event's data.
void append_event(std::string& out, std::string_view data,
                  std::optional<event_id> id = std::nullopt);

/// Appends the event that a stream begins with for clients of revisions that
/// know it (`primes_streams`): how long to wait before coming again, an id to
/// resume from, and no data.
void append_priming(std::string& out, event_id id,
                    std::chrono::milliseconds retry);

/// A comment: keeps a silent stream from being taken for dead. Every 20 s is
/// often enough for what lies between (reference/mcp.md section 4).
inline constexpr std::string_view keep_alive = ":\r\n\r\n";

} // namespace caisson::protocol::mcp
