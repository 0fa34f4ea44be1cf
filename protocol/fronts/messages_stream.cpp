#include "protocol/fronts/messages_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/fronts/messages_words.hpp"

namespace caisson::protocol::messages {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;

/// Ends an event, as a member that outlives what it ends.
struct empty_line {
  std::string& out;
  ~empty_line() { out += "\n\n"; }
};

/// Writes one event; its members follow through `root`.
struct event {
  empty_line last;
  json::object_writer root;

  event(std::string& out, std::string_view type)
    : last{((out += "event: ") += type) += "\ndata: "}, root{out} {
    root.string("type", type);
  }
};

/// Whether that is an event of a message's own. Whatever else a provider puts
/// there must not become a line of the stream.
bool known_event(std::string_view type) {
  constexpr auto types = std::to_array<std::string_view>(
    {"message_start", "content_block_start", "content_block_delta",
     "content_block_stop", "message_delta"});
  return std::find(types.begin(), types.end(), type) != types.end();
}

void write_nothing_yet(json::object_writer& message) {
  message.raw("content", "[]");
  message.raw("stop_reason", "null");
  message.raw("stop_sequence", "null");
  write_usage(message, {});
}

} // namespace

result<std::string> stream::feed(std::string_view bytes) {
  decoder_.feed(bytes);
  sse_event event;
  while (!done_) {
    auto more = decoder_.next(event);
    if (!more)
      return more.error();
    if (!*more)
      break;
    if (auto taken = take(event); !taken)
      return taken.error();
  }
  return std::exchange(out_, {});
}

result<void> stream::take(const sse_event& from) {
  if (!from.has_data) {
    if (begun_ && from.raw.starts_with(':'))
      out_ += "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    return {};
  }
  if (from.data == "[DONE]") {
    finish();
    return {};
  }
  element root;
  if (parse_tree(from.data, root) != SUCCESS || !root.is_object())
    return undecodable("an event of the stream is not valid JSON");
  if (element mark; root["caisson"].get(mark) == SUCCESS)
    mark_ = simdjson::minify(mark);
  if (forward(root))
    return {};
  begin(text_of(root["id"]), text_of(root["model"]));
  if (auto usage = usage_in(root["usage"]); usage.known)
    usage_ = usage;
  array choices;
  if (root["choices"].get(choices) != SUCCESS)
    return {};
  for (auto choice : choices) {
    if (count_of(choice["index"]) != 0)
      continue;
    if (auto reason = text_of(choice["finish_reason"]); !reason.empty())
      finish_reason_ = reason;
    element delta;
    if (choice["delta"].get(delta) == SUCCESS)
      return take_delta(delta);
  }
  return {};
}

bool stream::forward(element chunk) {
  element own;
  if (chunk["extra_content"]["anthropic"].get(own) != SUCCESS
      || !own.is_object()) {
    own_ = false;
    return false;
  }
  const auto type = text_of(own["type"]);
  // A second beginning is that of another attempt, which counts from 0 again.
  if (type == "message_start")
    own_ = !begun_;
  if (!own_)
    return false;
  if (!known_event(type))
    return true;
  ((out_ += "event: ") += type) += "\ndata: ";
  (out_ += simdjson::minify(own)) += "\n\n";
  note(type, own);
  return true;
}

/// Keeps in mind where the stream stands.
void stream::note(std::string_view type, element own) {
  if (type == "message_start") {
    begun_ = true;
    id_ = text_of(own["message"]["id"]);
  } else if (type == "content_block_start") {
    const auto kind = text_of(own["content_block"]["type"]);
    open_ = kind == "text" ? block::text : block::other;
    calls_ |= kind == "tool_use";
    blocks_ = count_of(own["index"]);
  } else if (type == "content_block_stop") {
    open_ = block::none;
    blocks_ = count_of(own["index"]) + 1;
  } else if (type == "message_delta") {
    ended_ |= !text_of(own["delta"]["stop_reason"]).empty();
  }
}

result<void> stream::take_delta(element delta) {
  for (const auto* key : {"content", "refusal"}) {
    const auto piece = text_of(delta[key]);
    if (piece.empty())
      continue;
    refuses_ |= std::string_view{key} == "refusal";
    open_text();
    say_delta("text_delta", "text", piece);
  }
  array calls;
  if (delta["tool_calls"].get(calls) == SUCCESS)
    for (auto call : calls)
      if (auto taken = take_call(call); !taken)
        return taken;
  return {};
}

result<void> stream::take_call(element call) {
  const auto index = count_of(call["index"]);
  const auto id = text_of(call["id"]);
  const auto name = text_of(call["function"]["name"]);
  const auto arguments = text_of(call["function"]["arguments"]);
  const auto goes_on
    = open_ == block::call && index == call_ && (id.empty() || id == call_id_);
  if (!goes_on && !name.empty())
    open_call(index, id, name);
  else if (!goes_on && !arguments.empty())
    return undecodable("the stream goes on with a call that it had ended");
  if (!arguments.empty())
    say_delta("input_json_delta", "partial_json", arguments);
  return {};
}

void stream::begin(std::string_view id, std::string_view model) {
  if (std::exchange(begun_, true))
    return;
  id_ = message_id(id, trace_id_);
  event start{out_, "message_start"};
  auto message = start.root.object("message");
  message.string("id", id_);
  message.string("type", "message");
  message.string("role", "assistant");
  message.string("model", model);
  write_nothing_yet(message);
}

void stream::open_text() {
  if (open_ == block::text)
    return;
  close_block();
  open_ = block::text;
  event start{out_, "content_block_start"};
  start.root.number("index", blocks_);
  start.root.raw("content_block", R"({"type":"text","text":""})");
}

void stream::open_call(std::uint64_t index, std::string_view id,
                       std::string_view name) {
  close_block();
  open_ = block::call;
  call_ = index;
  call_id_ = id;
  calls_ = true;
  event start{out_, "content_block_start"};
  start.root.number("index", blocks_);
  auto call = start.root.object("content_block");
  call.string("type", "tool_use");
  call.string("id", messages::call_id(id, id_, blocks_));
  call.string("name", name);
  call.raw("input", "{}");
}

void stream::close_block() {
  if (std::exchange(open_, block::none) == block::none)
    return;
  event stop{out_, "content_block_stop"};
  stop.root.number("index", blocks_++);
}

void stream::say_delta(std::string_view type, std::string_view key,
                       std::string_view piece) {
  event said{out_, "content_block_delta"};
  said.root.number("index", blocks_);
  auto delta = said.root.object("delta");
  delta.string("type", type);
  delta.string(key, piece);
}

void stream::finish() {
  if (std::exchange(done_, true))
    return;
  begin({}, {});
  close_block();
  if (!ended_) {
    event last{out_, "message_delta"};
    {
      auto delta = last.root.object("delta");
      delta.string("stop_reason",
                   stop_reason({finish_reason_, calls_, refuses_}));
      delta.raw("stop_sequence", "null");
    }
    write_usage(last.root, usage_);
    if (!mark_.empty())
      last.root.raw("caisson", mark_);
  }
  event{out_, "message_stop"};
}

} // namespace caisson::protocol::messages
