// Reason for length: one reader, of whole replies and of streams.
#include "protocol/dialects/read.hpp"

#include <map>

#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/dialects/openai_writer.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

/// Blocks come one after another; a stream that only opens them is hostile.
constexpr std::size_t most_open_blocks = 256;

finish finish_of(std::string_view stop_reason) noexcept {
  if (stop_reason == "max_tokens"
      || stop_reason == "model_context_window_exceeded")
    return finish::length;
  if (stop_reason == "tool_use")
    return finish::tool_calls;
  if (stop_reason == "refusal")
    return finish::content_filter;
  return finish::stop;
}

/// Counts are totals: a later one replaces an earlier one where it is there.
/// Anthropic counts cached input apart, OpenAI within the prompt.
class usage_counter {
public:
  void take(simdjson::simdjson_result<element> usage) {
    if (usage.error() != SUCCESS || !usage.is_object())
      return;
    known_ = true;
    update(input_, usage["input_tokens"]);
    update(read_, usage["cache_read_input_tokens"]);
    update(written_, usage["cache_creation_input_tokens"]);
    update(output_, usage["output_tokens"]);
  }

  token_usage tokens() const noexcept {
    return {input_ + read_ + written_, output_, read_, known_};
  }

private:
  static void update(std::uint64_t& count,
                     simdjson::simdjson_result<element> value) {
    std::uint64_t number = 0;
    if (value.get(number) == SUCCESS)
      count = number;
  }

  std::uint64_t input_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t output_ = 0;
  bool known_ = false;
};

std::string arguments_of(simdjson::simdjson_result<element> input) {
  element value;
  if (input.get(value) != SUCCESS || !value.is_object())
    return "{}";
  return simdjson::minify(value);
}

void add_block(element block, answer_choice& to) {
  auto type = text_of(block["type"]);
  if (type == "text") {
    to.text += text_of(block["text"]);
  } else if (type == "thinking") {
    to.reasoning += text_of(block["thinking"]);
  } else if (type == "tool_use") {
    tool_call call;
    call.id = text_of(block["id"]);
    call.name = text_of(block["name"]);
    call.arguments = arguments_of(block["input"]);
    to.tools.push_back(std::move(call));
  }
}

/// What a client of the same dialect finds beside the words.
std::string extra_of(element own) {
  return "{\"anthropic\":" + simdjson::minify(own) + '}';
}

class anthropic_reader final : public reply_reader {
public:
  anthropic_reader(std::string model, std::int64_t created, bool wants_usage,
                   bool for_its_own)
    : model_(std::move(model)), created_(created), wants_usage_(wants_usage),
      for_its_own_(for_its_own) {}

  result<whole_reply> whole(std::string_view body) override;
  result<stream_step> feed(std::string_view bytes) override;

  result<stream_step> close() override {
    if (done_)
      return stream_step{{}, has_token_, true};
    return make_fault(errc::llm_error, failure_kind::eof,
                      "the provider's stream broke off");
  }

  token_usage usage() const override { return usage_.tokens(); }

private:
  /// A tool call of the stream, by the index of its content block.
  struct open_tool {
    std::uint64_t index = 0;
    bool has_arguments = false;
    /// What the block started with; said if no piece follows.
    std::string arguments;
  };

  result<void> take(const sse_event& event);
  void say(std::string_view type, element root);
  void start(element message);
  void start_block(std::uint64_t at, element block);
  void delta(std::uint64_t at, element delta);
  void stop_block(std::uint64_t at);
  void stop();

  std::string_view model_named(simdjson::simdjson_result<element> name) const {
    auto text = text_of(name);
    return text.empty() ? std::string_view{model_} : text;
  }

  std::string model_;
  std::int64_t created_;
  bool wants_usage_;
  bool for_its_own_;
  bool has_token_ = false;
  bool done_ = false;
  std::uint64_t tools_ = 0;
  std::map<std::uint64_t, open_tool> open_;
  usage_counter usage_;
  sse_decoder decoder_;
  std::string out_;
  openai_chunks chunks_{out_};
};

result<whole_reply> anthropic_reader::whole(std::string_view body) {
  element root;
  if (parse_tree(body, root) != SUCCESS)
    return undecodable("the provider's reply is not valid JSON");
  simdjson::dom::array blocks;
  auto type = text_of(root["type"]);
  if (type == "error")
    return fault_of_event(body);
  if (type != "message" || root["content"].get(blocks) != SUCCESS)
    return undecodable("the provider's reply is no message");
  answer said;
  said.id = "chatcmpl-";
  said.id += text_of(root["id"]);
  said.model = model_named(root["model"]);
  said.created = created_;
  auto& choice = said.choices.emplace_back();
  for (auto block : blocks)
    add_block(block, choice);
  if (for_its_own_)
    choice.extra = extra_of(root);
  choice.why = finish_of(text_of(root["stop_reason"]));
  usage_.take(root["usage"]);
  said.usage = usage_.tokens();
  whole_reply reply;
  reply.translated = openai_completion(said);
  reply.body = reply.translated;
  reply.usage = said.usage;
  return reply;
}

result<stream_step> anthropic_reader::feed(std::string_view bytes) {
  out_.clear();
  if (!done_)
    decoder_.feed(bytes);
  sse_event event;
  while (!done_) {
    auto more = decoder_.next(event);
    if (!more)
      return more.error();
    if (!*more)
      break;
    if (!event.has_data)
      continue;
    if (auto taken = take(event); !taken)
      return taken.error();
  }
  return stream_step{out_, has_token_, done_};
}

result<void> anthropic_reader::take(const sse_event& event) {
  element root;
  if (parse_tree(event.data, root) != SUCCESS || !root.is_object())
    return undecodable("an event of the stream is not valid JSON");
  auto type = text_of(root["type"]);
  if (type == "error")
    return fault_of_event(event.data);
  if (type == "ping") {
    if (for_its_own_)
      out_ += ":\n\n";
    return {};
  }
  if (for_its_own_ && type != "message_stop")
    chunks_.carry(extra_of(root));
  say(type, root);
  if (!chunks_.begun())
    return undecodable("the provider's stream does not begin with a message");
  if (chunks_.carries())
    chunks_.nothing(0);
  if (open_.size() > most_open_blocks)
    return undecodable("the provider's stream opens too many blocks");
  return {};
}

void anthropic_reader::say(std::string_view type, element root) {
  auto at = count_of(root["index"]);
  element inner;
  if (type == "content_block_delta") {
    if (root["delta"].get(inner) == SUCCESS)
      delta(at, inner);
  } else if (type == "content_block_start") {
    if (root["content_block"].get(inner) == SUCCESS)
      start_block(at, inner);
  } else if (type == "content_block_stop") {
    stop_block(at);
  } else if (type == "message_start") {
    if (root["message"].get(inner) == SUCCESS)
      start(inner);
  } else if (type == "message_delta") {
    usage_.take(root["usage"]);
    auto reason = text_of(root["delta"]["stop_reason"]);
    if (!reason.empty() && chunks_.begun())
      chunks_.finished(0, finish_of(reason));
  } else if (type == "message_stop") {
    stop();
  }
}

void anthropic_reader::start(element message) {
  usage_.take(message["usage"]);
  std::string id = "chatcmpl-";
  id += text_of(message["id"]);
  chunks_.begin(id, model_named(message["model"]), created_);
  chunks_.role(0);
}

void anthropic_reader::start_block(std::uint64_t at, element block) {
  if (!chunks_.begun())
    return;
  auto type = text_of(block["type"]);
  if (type == "tool_use") {
    tool_call call;
    call.id = text_of(block["id"]);
    call.name = text_of(block["name"]);
    auto& tool = open_[at];
    tool = {tools_++, false, arguments_of(block["input"])};
    chunks_.tool(0, tool.index, call);
    has_token_ = true;
  } else if (auto text = text_of(block["text"]);
             type == "text" && !text.empty()) {
    chunks_.text(0, text);
    has_token_ = true;
  } else if (for_its_own_ && type != "text" && type != "thinking") {
    // It has no word of OpenAI's, but the client gets it.
    has_token_ = true;
  }
}

void anthropic_reader::delta(std::uint64_t at, element delta) {
  if (!chunks_.begun())
    return;
  auto type = text_of(delta["type"]);
  std::string_view piece;
  if (type == "text_delta") {
    if (piece = text_of(delta["text"]); !piece.empty())
      chunks_.text(0, piece);
  } else if (type == "thinking_delta") {
    if (piece = text_of(delta["thinking"]); !piece.empty())
      chunks_.reasoning(0, piece);
  } else if (type == "input_json_delta") {
    auto tool = open_.find(at);
    piece = text_of(delta["partial_json"]);
    if (tool != open_.end() && !piece.empty()) {
      tool->second.has_arguments = true;
      chunks_.arguments(0, tool->second.index, piece);
    }
  }
  has_token_ |= !piece.empty();
}

void anthropic_reader::stop_block(std::uint64_t at) {
  auto tool = open_.find(at);
  if (tool == open_.end())
    return;
  if (!tool->second.has_arguments)
    chunks_.arguments(0, tool->second.index, tool->second.arguments);
  open_.erase(tool);
}

void anthropic_reader::stop() {
  if (!chunks_.begun())
    return;
  if (auto tokens = usage_.tokens(); wants_usage_ && tokens.known)
    chunks_.usage(tokens);
  chunks_.done();
  done_ = true;
}

} // namespace

std::unique_ptr<reply_reader> read_anthropic(std::string model,
                                             std::int64_t created,
                                             bool wants_usage,
                                             bool for_its_own) {
  return std::make_unique<anthropic_reader>(std::move(model), created,
                                            wants_usage, for_its_own);
}

} // namespace caisson::protocol
