#include "protocol/completion_replay.hpp"

#include <algorithm>
#include <utility>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

constexpr std::size_t most_pieces = 256;

/// By value: what the library's own call gives is gone before a loop over it
/// has begun.
simdjson::dom::object members_of(const element& of) {
  simdjson::dom::object out;
  if (of.get(out) != simdjson::SUCCESS)
    out = {};
  return out;
}

/// The end of the piece that begins at `from`: behind a blank, and no sooner
/// than `least` bytes on, so that no character is cut.
std::size_t piece_end(std::string_view text, std::size_t from,
                      std::size_t least) {
  auto at = text.find_first_of(" \n", std::min(from + least, text.size()));
  at = at == text.npos ? text.size() : text.find_first_not_of(" \n", at);
  return at == text.npos ? text.size() : at;
}

/// What every chunk of a stream says alike. `obfuscation` pads one of them, and
/// `caisson` marks one.
bool said_by_all(std::string_view key) noexcept {
  return key != "id" && key != "object" && key != "choices" && key != "usage"
         && key != "obfuscation" && key != "caisson";
}

class player {
public:
  /// `from`: the completion, or a chunk of the same stream.
  player(element from, std::string_view trace_id) {
    head_ = R"(data: {"id":)";
    json::append_string(head_, fresh_id(text_of(from["id"]), trace_id));
    head_ += R"(,"object":"chat.completion.chunk")";
    for (auto [key, of] : members_of(from))
      if (said_by_all(key))
        member(head_, key, of);
    head_ += R"(,"choices":[)";
  }

  /// The thoughts come before the words, the calls after.
  void message(element from, const std::string& odds) {
    element content, part;
    auto silent = from["content"].get(content) != SUCCESS || content.is_null();
    said(silent ? R"("role":"assistant","content":null)"
                : R"("role":"assistant","content":"")");
    for (auto [key, of] : members_of(from))
      if (key != "content" && key != "refusal" && key != "tool_calls")
        beside(key, of);
    if (!silent && content.is_string())
      words("content", text_of(content), odds);
    else if (!silent)
      odd_ = true;
    words("refusal", text_of(from["refusal"]), {});
    if (from["tool_calls"].get(part) == SUCCESS && !part.is_null())
      calls(part);
  }

  void finish(element choice) {
    out_ += head_;
    out_ += R"({"index":0,"delta":{},"logprobs":null)";
    for (auto [key, of] : members_of(choice))
      if (key != "index" && key != "message" && key != "logprobs")
        member(out_, key, of);
    out_ += "}]}\n\n";
  }

  void usage(std::string_view json) {
    out_ += head_;
    (out_ += R"(],"usage":)") += json;
    out_ += "}\n\n";
  }

  std::string so_far() { return std::move(out_); }

  std::optional<std::string> done() {
    if (odd_)
      return std::nullopt;
    out_ += end_of_chunks;
    return so_far();
  }

private:
  static void member(std::string& to, std::string_view key, element of) {
    to += ',';
    json::append_string(to, key);
    (to += ':') += simdjson::minify(of);
  }

  void said(std::string_view delta, std::string_view logprobs = "null") {
    out_ += head_;
    (out_ += R"({"index":0,"delta":{)") += delta;
    (out_ += R"(},"logprobs":)") += logprobs;
    out_ += R"(,"finish_reason":null}]})";
    out_ += "\n\n";
  }

  /// What has no place among the words of every vendor.
  void beside(std::string_view key, element of) {
    simdjson::dom::array list;
    if (key == "role" || of.is_null())
      return;
    if (of.is_string())
      words(key, text_of(of), {});
    else if (of.get(list) != SUCCESS)
      odd_ = true;
    else if (list.size() > 0) {
      std::string delta;
      json::append_string(delta, key);
      said((delta += ':') += simdjson::minify(of));
    }
  }

  void words(std::string_view key, std::string_view text,
             const std::string& odds) {
    auto least = odds.empty() ? text.size() / most_pieces : text.size();
    for (std::size_t from = 0; from < text.size();) {
      auto to = piece_end(text, from, least);
      std::string delta;
      json::append_string(delta, key);
      delta += ':';
      json::append_string(delta, text.substr(from, to - from));
      said(delta, odds.empty() ? "null" : std::string_view{odds});
      from = to;
    }
  }

  void calls(element list) {
    simdjson::dom::array all;
    if (list.get(all) != SUCCESS) {
      odd_ = true;
      return;
    }
    std::uint64_t index = 0;
    for (auto one : all) {
      if (one.is_object())
        call(index, one);
      else
        odd_ = true;
      ++index;
    }
  }

  void call(std::uint64_t index, element of) {
    std::string delta = R"("tool_calls":[{"index":)";
    json::append_number(delta, index);
    for (auto [key, part] : members_of(of))
      if (key != "function")
        member(delta, key, part);
    delta += R"(,"function":{"name":)";
    json::append_string(delta, text_of(of["function"]["name"]));
    said(delta += R"(,"arguments":""}}])");
    delta = R"("tool_calls":[{"index":)";
    json::append_number(delta, index);
    delta += R"(,"function":{"arguments":)";
    json::append_string(delta, text_of(of["function"]["arguments"]));
    said(delta += "}}]");
  }

  std::string head_;
  std::string out_;
  bool odd_ = false;
};

} // namespace

std::string fresh_id(std::string_view id, std::string_view trace_id) {
  auto kind = id.find_first_of("-_");
  auto begin
    = kind == id.npos ? std::string_view{"chatcmpl-"} : id.substr(0, kind + 1);
  return std::string{begin}.append(trace_id);
}

namespace {

/// The id as the first member, without blanks before it, is how vendors write
/// it. What is kept was read as a whole before: this need not be.
std::optional<std::string> with_first_id(std::string_view completion,
                                         std::string_view trace_id) {
  constexpr std::string_view head = R"({"id":")";
  if (!completion.starts_with(head))
    return std::nullopt;
  auto rest = completion.substr(head.size());
  auto end = rest.find_first_of("\"\\");
  if (end == rest.npos || rest[end] != '"')
    return std::nullopt;
  auto fresh = fresh_id(rest.substr(0, end), trace_id);
  std::string out;
  out.reserve(completion.size() + fresh.size());
  out += head;
  json::append_escaped(out, fresh);
  out += rest.substr(end);
  return out;
}

} // namespace

std::optional<std::string> with_id(std::string_view completion,
                                   std::string_view trace_id) {
  if (auto done = with_first_id(completion, trace_id))
    return done;
  auto copy = json::padded(completion);
  json::strict_reader reader;
  if (!reader.reopen(copy))
    return std::nullopt;
  std::size_t begin = 0, end = 0;
  std::string fresh;
  json::each_member(reader.object(), [&](auto key, auto value) {
    std::string_view id;
    if (key != "id")
      return true;
    const auto token = json::trim(value.raw_json_token());
    if (value.get_string().get(id) != SUCCESS)
      return false;
    begin = static_cast<std::size_t>(token.data() - copy.data());
    end = begin + token.size();
    json::append_string(fresh, fresh_id(id, trace_id));
    return false;
  });
  if (end > 0)
    copy.replace(begin, end - begin, fresh);
  return copy;
}

std::optional<std::string> replay(std::string_view completion,
                                  std::string_view trace_id, bool usage) {
  element root, choice, message, tokens;
  simdjson::dom::array choices;
  if (parse_tree(completion, root) != SUCCESS || !root.is_object()
      || root["choices"].get(choices) != SUCCESS || choices.size() != 1
      || choices.at(0).get(choice) != SUCCESS || !choice.is_object()
      || choice["message"].get(message) != SUCCESS || !message.is_object())
    return std::nullopt;
  element odds;
  std::string logprobs;
  if (choice["logprobs"].get(odds) == SUCCESS && odds.is_object())
    logprobs = simdjson::minify(odds);
  player it{root, trace_id};
  it.message(message, logprobs);
  it.finish(choice);
  if (usage && root["usage"].get(tokens) == SUCCESS && tokens.is_object())
    it.usage(simdjson::minify(tokens));
  return it.done();
}

std::string usage_chunk(std::string_view chunk, std::string_view trace_id,
                        std::string_view usage) {
  element root;
  if (parse_tree(chunk, root) != SUCCESS || !root.is_object())
    return {};
  player it{root, trace_id};
  it.usage(usage);
  return it.so_far();
}

} // namespace caisson::protocol
