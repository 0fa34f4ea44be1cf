#include "protocol/cluster/frame_gate.hpp"

#include <algorithm>

#include "protocol/big_endian.hpp"

namespace caisson::protocol {
namespace {

// Operations of BASP, as CAF 0.17.6 numbers them.
constexpr std::uint8_t server_greets = 0;
constexpr std::uint8_t client_greets = 1;
constexpr std::uint8_t direct_message = 2;
constexpr std::uint8_t routed_message = 3;
constexpr std::uint8_t watch = 4;
constexpr std::uint8_t end = 5;
constexpr std::uint8_t heartbeat = 6;

constexpr std::uint8_t by_name = 1;       // flag: the receiver is a name
constexpr std::uint8_t take_this_one = 2; // flag of a client's second greeting
constexpr auto answer = std::uint64_t{1} << 63; // bit of a message's id
// Bits of it that a peer has no use for: "answered", and the categories of
// CAF's streams, whose messages it takes for what they say without looking.
constexpr auto unused_bits = std::uint64_t{3} << 61;

// A greeting holds ids and a name, an end a reason: neither is long.
constexpr std::uint32_t short_payload = 4096;

constexpr std::string_view nothing = "@<>";

/// Reads what CAF's binary serializer wrote, and never past its end.
class reader {
public:
  explicit reader(std::string_view from) : left_(from) {}

  bool skip(std::string_view expected) {
    if (!left_.starts_with(expected))
      return false;
    left_.remove_prefix(expected.size());
    return true;
  }

  std::optional<std::string_view> bytes(std::size_t n) {
    if (left_.size() < n)
      return std::nullopt;
    auto got = left_.substr(0, n);
    left_.remove_prefix(n);
    return got;
  }

  /// A string with its length in front, 7 bits a byte. Lengths that need more
  /// than three are longer than any frame.
  std::optional<std::string_view> text() {
    std::size_t size = 0;
    for (unsigned shift = 0; shift < 21; shift += 7) {
      auto next = bytes(1);
      if (!next)
        return std::nullopt;
      auto x = static_cast<unsigned char>(next->front());
      size |= static_cast<std::size_t>(x & 0x7fu) << shift;
      if ((x & 0x80u) == 0)
        return bytes(size);
    }
    return std::nullopt;
  }

  /// The names of a message's types: two bytes of 0, then text.
  std::optional<std::string_view> type() {
    using namespace std::string_view_literals;
    return skip("\0\0"sv) ? text() : std::nullopt;
  }

  bool empty() const noexcept { return left_.empty(); }

private:
  std::string_view left_;
};

/// An error that says no more than its number, its kind and perhaps a sentence:
/// whatever else CAF would make of it is a message of any type.
bool plain_error(reader& from) {
  auto code = from.bytes(1);
  auto kind = code ? from.bytes(8) : std::nullopt;
  auto type = kind ? from.type() : std::nullopt;
  if (!type)
    return false;
  if (*type == "@<>+@str")
    return from.text() && from.empty();
  return *type == nothing && from.empty();
}

} // namespace

struct frame_gate::head {
  explicit head(const char* from)
    : operation(read_big_endian<std::uint8_t>(from)),
      padding(read_big_endian<std::uint16_t>(from + 1)),
      flags(read_big_endian<std::uint8_t>(from + 3)),
      size(read_big_endian<std::uint32_t>(from + 4)),
      data(read_big_endian<std::uint64_t>(from + 8)),
      source(read_big_endian<std::uint64_t>(from + 16)),
      target(read_big_endian<std::uint64_t>(from + 24)) {}

  std::uint8_t operation;
  std::uint16_t padding;
  std::uint8_t flags;
  std::uint32_t size; ///< of the payload
  std::uint64_t data;
  std::uint64_t source;
  std::uint64_t target;
};

std::string_view name_of(frame_flaw what) noexcept {
  switch (what) {
    case frame_flaw::operation:
      return "operation";
    case frame_flaw::size:
      return "size";
    case frame_flaw::header:
      return "header";
    case frame_flaw::order:
      return "order";
    case frame_flaw::identity:
      return "identity";
    case frame_flaw::content:
      return "content";
  }
  return "";
}

std::optional<frame_flaw> frame_gate::feed(std::string_view bytes,
                                           std::string& to) {
  while (!broken_) {
    // Never more is held than the frame that has begun: the header is judged
    // before a byte of the payload it announces is kept.
    auto wanted = header_size;
    if (held_.size() >= header_size)
      wanted += head{held_.data()}.size;
    auto n = std::min(wanted - held_.size(), bytes.size());
    held_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (held_.size() < wanted)
      break;
    head it{held_.data()};
    if (wanted == header_size) {
      broken_ = judge_head(it);
      if (broken_ || it.size > 0)
        continue;
    }
    auto [flaw, what] = judge(it, std::string_view{held_}.substr(header_size));
    broken_ = flaw;
    if (flaw)
      break;
    ++(what == fate::pass ? passed_ : dropped_);
    if (what == fate::pass)
      to += held_;
    held_.clear();
  }
  if (broken_)
    std::string{}.swap(held_);
  return broken_;
}

/// What can be known without the payload.
std::optional<frame_flaw> frame_gate::judge_head(const head& it) const {
  if (it.operation > heartbeat)
    return frame_flaw::operation;
  auto beats = it.operation == heartbeat;
  // CAF takes a frame that ought to have a payload at its word and reads what
  // is not there.
  if (it.size > max_payload || beats != (it.size == 0))
    return frame_flaw::size;
  auto message
    = it.operation == direct_message || it.operation == routed_message;
  if (!message && it.size > short_payload)
    return frame_flaw::size;
  if (it.padding != 0 || (it.flags & ~(by_name | take_this_one)) != 0)
    return frame_flaw::header;
  auto greets = it.operation == server_greets || it.operation == client_greets;
  if (greets != (greetings_ == 0)
      && !(it.operation == client_greets && greetings_ == 1))
    return frame_flaw::order;
  return std::nullopt;
}

frame_gate::judgement frame_gate::judge(const head& it,
                                        std::string_view payload) {
  switch (it.operation) {
    case server_greets:
    case client_greets:
      return judge_greeting(it, payload);
    case direct_message:
      return judge_message(it, payload);
    case watch:
      return judge_watch(it, payload);
    case end:
      return judge_end(it, payload);
    case routed_message:
      return {std::nullopt, fate::drop}; // nodes speak for themselves
    default:
      break;
  }
  if (it.flags != 0 || it.data != 0 || it.source != 0 || it.target != 0)
    return {frame_flaw::header};
  return {};
}

/// All of it is known before, but for the id of the actor that the peer has for
/// this node.
frame_gate::judgement frame_gate::judge_greeting(const head& it,
                                                 std::string_view payload) {
  auto server = it.operation == server_greets;
  if (server != rules_.called)
    return {frame_flaw::order};
  auto flags = greetings_ == 0 ? 0 : take_this_one;
  if (it.source != 0 || it.target != 0 || it.flags != flags
      || (it.data != 0) != server)
    return {frame_flaw::header};
  reader rest{payload};
  if (!rest.skip(rules_.peer))
    return {frame_flaw::identity};
  if (server) {
    using namespace std::string_view_literals;
    if (!rest.skip("\1"sv) || rest.text() != rules_.app || !rest.bytes(8)
        || !rest.skip("\0"sv))
      return {frame_flaw::content};
  }
  if (!rest.empty())
    return {frame_flaw::content};
  ++greetings_;
  return {};
}

frame_gate::judgement
frame_gate::judge_message(const head& it, std::string_view payload) const {
  using namespace std::string_view_literals;
  if ((it.flags & by_name) != 0)
    return {std::nullopt, fate::drop};
  if (it.flags != 0 || it.target == 0 || (it.data & unused_bits) != 0)
    return {frame_flaw::header};
  reader rest{payload};
  // Nobody here answers on another's behalf: what is in between is empty.
  if (!rest.skip("\0"sv))
    return {frame_flaw::content};
  auto type = rest.type();
  if (!type)
    return {frame_flaw::content};
  auto answers = (it.data & answer) != 0;
  if (answers && (*type == nothing || *type == "@<>+@error")) {
    auto plain = *type == nothing ? rest.empty() : plain_error(rest);
    return {std::nullopt, plain ? fate::pass : fate::drop};
  }
  if (!type->starts_with("@<>+"))
    return {std::nullopt, fate::drop};
  type->remove_prefix(4);
  auto known = std::find(rules_.words.begin(), rules_.words.end(), *type)
               != rules_.words.end();
  auto passes = known && (answers || it.target == rules_.door);
  return {std::nullopt, passes ? fate::pass : fate::drop};
}

frame_gate::judgement frame_gate::judge_watch(const head& it,
                                              std::string_view payload) const {
  if (it.flags != 0 || it.data != 0 || it.source != 0)
    return {frame_flaw::header};
  reader rest{payload};
  if (!rest.skip(rules_.peer) || !rest.skip(rules_.here) || !rest.empty())
    return {frame_flaw::identity};
  return {std::nullopt, it.target == rules_.door ? fate::pass : fate::drop};
}

frame_gate::judgement frame_gate::judge_end(const head& it,
                                            std::string_view payload) const {
  if (it.flags != 0 || it.data != 0 || it.source == 0 || it.target != 0)
    return {frame_flaw::header};
  reader rest{payload};
  if (!rest.skip(rules_.peer) || !rest.skip(rules_.here))
    return {frame_flaw::identity};
  return {std::nullopt, plain_error(rest) ? fate::pass : fate::drop};
}

} // namespace caisson::protocol
