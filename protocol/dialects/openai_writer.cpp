#include "protocol/dialects/openai_writer.hpp"

#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using json::object_writer;

std::string_view word_for(finish why) noexcept {
  switch (why) {
    case finish::stop:
      return "stop";
    case finish::length:
      return "length";
    case finish::tool_calls:
      return "tool_calls";
    case finish::content_filter:
      return "content_filter";
  }
  return "stop";
}

void write_usage(object_writer& root, const token_usage& tokens) {
  auto usage = root.object("usage");
  usage.number("prompt_tokens", tokens.input);
  usage.number("completion_tokens", tokens.output);
  usage.number("total_tokens", tokens.input + tokens.output);
  auto details = usage.object("prompt_tokens_details");
  details.number("cached_tokens", tokens.cached_input);
}

void append_tool(std::string& out, const tool_call& call) {
  object_writer tool{out};
  tool.string("id", call.id);
  tool.string("type", "function");
  {
    auto function = tool.object("function");
    function.string("name", call.name);
    function.string("arguments", call.arguments);
  }
  if (!call.extra.empty())
    tool.raw("extra_content", call.extra);
}

void write_message(object_writer& choice, const answer_choice& what) {
  auto message = choice.object("message");
  message.string("role", "assistant");
  if (what.text.empty() && !what.tools.empty())
    message.raw("content", "null");
  else
    message.string("content", what.text);
  if (!what.reasoning.empty())
    message.string("reasoning_content", what.reasoning);
  message.raw("refusal", "null");
  if (!what.extra.empty())
    message.raw("extra_content", what.extra);
  if (what.tools.empty())
    return;
  auto& list = message.key("tool_calls");
  list += '[';
  for (auto& call : what.tools) {
    if (&call != &what.tools.front())
      list += ',';
    append_tool(list, call);
  }
  list += ']';
}

void append_choice(std::string& out, const answer_choice& what) {
  object_writer choice{out};
  choice.number("index", what.index);
  write_message(choice, what);
  choice.raw("logprobs", "null");
  choice.string("finish_reason", word_for(what.why));
}

void append_completion(std::string& out, const answer& what) {
  object_writer root{out};
  root.string("id", what.id);
  root.string("object", "chat.completion");
  root.number("created", what.created);
  root.string("model", what.model);
  auto& list = root.key("choices");
  list += '[';
  for (auto& choice : what.choices) {
    if (&choice != &what.choices.front())
      list += ',';
    append_choice(list, choice);
  }
  list += ']';
  if (what.usage.known)
    write_usage(root, what.usage);
}

} // namespace

std::string openai_completion(const answer& what) {
  std::string out;
  out.reserve(1024);
  append_completion(out, what);
  return out;
}

void openai_chunks::begin(std::string_view id, std::string_view model,
                          std::int64_t created) {
  head_ = "data: {\"id\":";
  json::append_string(head_, id);
  head_ += ",\"object\":\"chat.completion.chunk\",\"created\":";
  json::append_number(head_, created);
  head_ += ",\"model\":";
  json::append_string(head_, model);
  head_ += ",\"choices\":[";
}

void openai_chunks::open(std::uint64_t choice) {
  out_ += head_;
  out_ += "{\"index\":";
  json::append_number(out_, choice);
  out_ += ",\"delta\":{";
}

void openai_chunks::close(std::string_view finish_reason) {
  out_ += "},\"finish_reason\":";
  out_ += finish_reason;
  out_ += "}]";
  out_ += extra_;
  out_ += "}\n\n";
  extra_.clear();
}

void openai_chunks::piece_of(std::uint64_t choice, std::string_view key,
                             std::string_view piece) {
  open(choice);
  out_ += '"';
  out_ += key;
  out_ += "\":";
  json::append_string(out_, piece);
  close();
}

void openai_chunks::role(std::uint64_t choice) {
  open(choice);
  out_ += R"("role":"assistant","content":"")";
  close();
}

void openai_chunks::text(std::uint64_t choice, std::string_view piece) {
  piece_of(choice, "content", piece);
}

void openai_chunks::reasoning(std::uint64_t choice, std::string_view piece) {
  piece_of(choice, "reasoning_content", piece);
}

void openai_chunks::tool(std::uint64_t choice, std::uint64_t index,
                         const tool_call& call) {
  open(choice);
  out_ += "\"tool_calls\":[{\"index\":";
  json::append_number(out_, index);
  out_ += ',';
  std::string object;
  append_tool(object, call);
  out_.append(object, 1);
  out_ += ']';
  close();
}

void openai_chunks::arguments(std::uint64_t choice, std::uint64_t index,
                              std::string_view piece) {
  open(choice);
  out_ += "\"tool_calls\":[{\"index\":";
  json::append_number(out_, index);
  out_ += ",\"function\":{\"arguments\":";
  json::append_string(out_, piece);
  out_ += "}}]";
  close();
}

void openai_chunks::finished(std::uint64_t choice, finish why) {
  open(choice);
  close(std::string{'"'}.append(word_for(why)) += '"');
}

void openai_chunks::nothing(std::uint64_t choice) {
  open(choice);
  close();
}

void openai_chunks::carry(std::string_view extra) {
  extra_ = ",\"extra_content\":";
  extra_ += extra;
}

void openai_chunks::usage(const token_usage& tokens) {
  std::string object;
  {
    object_writer root{object};
    write_usage(root, tokens);
  }
  out_ += head_;
  out_ += "],";
  out_.append(object, 1);
  out_ += "\n\n";
}

void openai_chunks::done() {
  out_ += "data: [DONE]\n\n";
}

} // namespace caisson::protocol
