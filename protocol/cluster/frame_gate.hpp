#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol {

/// What a peer may say, of a link that has been made: ids of nodes and names of
/// types as BASP writes them.
struct gate_rules {
  /// This node has called: the peer greets as the server of the two.
  bool called = false;
  std::string here; ///< this node's id
  std::string peer; ///< the id that the peer has told and keeps
  std::string app;  ///< the application that both ends are
  /// The only actor that may be spoken to unasked.
  std::uint64_t door = 0;
  /// Names of the message types that may come.
  std::vector<std::string> words;
};

/// Why a link must end: no node of this cluster would write that.
enum class frame_flaw : std::uint8_t {
  operation, ///< there is no such operation
  size,      ///< longer than a frame may be, or not as long as it must be
  header,    ///< fields that must be empty are not
  order,     ///< no greeting first, a second one, or the other end's
  identity,  ///< it speaks for another node, or to another
  content,   ///< a greeting or a message that cannot be read
};

std::string_view name_of(frame_flaw what) noexcept;

/// Between a peer and CAF's distribution, which believes each byte: its frames
/// (32 bytes of header and a payload) pass whole or not at all. A header
/// without payload ends CAF 0.17.6, one with a long one takes the memory before
/// it has come, names reach servers that start any actor, and routed frames use
/// a node as a relay (adr/0028).
///
/// Passed on: the greeting, once; messages of known types to the one actor that
/// is meant for peers; answers to what was asked here; who watches that actor;
/// ends of the peer's actors; heartbeats. Dropped: what CAF writes of itself
/// and nobody here wants, as the look for its spawn server. All else is a flaw.
class frame_gate {
public:
  static constexpr std::size_t header_size = 32;
  /// The longest payload, in bytes.
  static constexpr std::uint32_t max_payload = 1u << 20;

  explicit frame_gate(gate_rules rules) : rules_(std::move(rules)) {}

  /// Takes what has come and appends to `to` what may go on. After a flaw it
  /// takes nothing more.
  std::optional<frame_flaw> feed(std::string_view bytes, std::string& to);

  /// Frames that went on, and that did not.
  std::uint64_t passed() const noexcept { return passed_; }
  std::uint64_t dropped() const noexcept { return dropped_; }

  /// Bytes that are held of a frame which is not whole.
  std::size_t held() const noexcept { return held_.size(); }

private:
  struct head;
  enum class fate : std::uint8_t { pass, drop };
  struct judgement {
    std::optional<frame_flaw> flaw;
    fate what = fate::pass;
  };

  std::optional<frame_flaw> judge_head(const head& it) const;
  judgement judge(const head& it, std::string_view payload);
  judgement judge_greeting(const head& it, std::string_view payload);
  judgement judge_message(const head& it, std::string_view payload) const;
  judgement judge_watch(const head& it, std::string_view payload) const;
  judgement judge_end(const head& it, std::string_view payload) const;

  gate_rules rules_;
  std::string held_;
  unsigned greetings_ = 0;
  std::uint64_t passed_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<frame_flaw> broken_;
};

} // namespace caisson::protocol
