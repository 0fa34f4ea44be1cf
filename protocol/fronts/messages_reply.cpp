#include "protocol/fronts/messages_reply.hpp"

#include <vector>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/fronts/messages_stream.hpp"
#include "protocol/fronts/messages_words.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol {
namespace messages {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;

/// What a completion says, copied: arguments are parsed next, with buffers
/// that the tree may lie in.
struct said {
  std::string id;
  std::string model;
  std::string text;
  bool refuses = false;
  struct call {
    std::string id;
    std::string name;
    std::string arguments;
  };
  std::vector<call> calls;
  std::string finish_reason;
  token_usage usage;
  std::string own; ///< the message of a provider of this dialect, if it was one
};

/// `content` is a text, or parts of which some are texts.
void take_content(simdjson::simdjson_result<element> content, said& into) {
  into.text += text_of(content);
  array parts;
  if (content.get(parts) == SUCCESS)
    for (auto part : parts)
      into.text += text_of(part["text"]);
}

void take_choice(element choice, said& into) {
  into.finish_reason = text_of(choice["finish_reason"]);
  const auto message = choice["message"];
  if (element own; message["extra_content"]["anthropic"].get(own) == SUCCESS
                   && own.is_object())
    into.own = simdjson::minify(own);
  take_content(message["content"], into);
  const auto refusal = text_of(message["refusal"]);
  into.text += refusal;
  into.refuses = !refusal.empty();
  array calls;
  if (message["tool_calls"].get(calls) != SUCCESS)
    return;
  for (auto call : calls) {
    const auto function = call["function"];
    into.calls.push_back({std::string{text_of(call["id"])},
                          std::string{text_of(function["name"])},
                          std::string{text_of(function["arguments"])}});
  }
}

result<said> take(std::string_view completion) {
  said what;
  element root;
  element choice;
  if (parse_tree(completion, root) != SUCCESS)
    return undecodable("the provider's reply is not valid JSON");
  what.id = text_of(root["id"]);
  what.model = text_of(root["model"]);
  what.usage = usage_in(root["usage"]);
  if (root["choices"].at(0).get(choice) == SUCCESS)
    take_choice(choice, what);
  return what;
}

/// Arguments are a model's own text: they may be anything, and are cut where
/// the answer met its limit. A tool must not be called with what is not said.
bool settle_arguments(said& what) {
  for (auto& call : what.calls) {
    json::strict_reader reader;
    if (json::trim(call.arguments).empty()) {
      call.arguments = "{}";
    } else if (reader.read(call.arguments) || !reader.is_object()) {
      if (what.finish_reason != "length")
        return false;
      call.arguments = "{}";
    }
  }
  return true;
}

void write_content(std::string& out, const said& what, std::string_view id) {
  out += '[';
  if (!what.text.empty()) {
    json::object_writer block{out};
    block.string("type", "text");
    block.string("text", what.text);
  }
  for (std::size_t i = 0; i < what.calls.size(); ++i) {
    if (out.back() != '[')
      out += ',';
    json::object_writer block{out};
    block.string("type", "tool_use");
    block.string("id", call_id(what.calls[i].id, id, i));
    block.string("name", what.calls[i].name);
    block.raw("input", what.calls[i].arguments);
  }
  out += ']';
}

void append_message(std::string& out, const said& what,
                    std::string_view trace_id) {
  const auto id = message_id(what.id, trace_id);
  json::object_writer root{out};
  root.string("id", id);
  root.string("type", "message");
  root.string("role", "assistant");
  root.string("model", what.model);
  write_content(root.key("content"), what, id);
  root.string("stop_reason", stop_reason({what.finish_reason,
                                          !what.calls.empty(), what.refuses}));
  root.raw("stop_sequence", "null");
  write_usage(root, what.usage);
}

class writer final : public answer_writer {
public:
  explicit writer(std::string trace_id)
    : trace_id_(std::move(trace_id)), stream_(trace_id_) {}

  result<std::string> whole(std::string_view completion) override {
    auto what = take(completion);
    if (!what)
      return what.error();
    if (!what->own.empty())
      return std::move(what->own);
    if (!settle_arguments(*what))
      return undecodable("the provider calls a tool with what is no JSON "
                         "object");
    std::string out;
    out.reserve(completion.size() + 512);
    append_message(out, *what, trace_id_);
    return out;
  }

  result<std::string> feed(std::string_view bytes) override {
    return stream_.feed(bytes);
  }

private:
  std::string trace_id_;
  stream stream_;
};

} // namespace
} // namespace messages

std::unique_ptr<answer_writer> write_messages_reply(std::string trace_id) {
  return std::make_unique<messages::writer>(std::move(trace_id));
}

} // namespace caisson::protocol
