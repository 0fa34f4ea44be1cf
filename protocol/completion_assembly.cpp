#include "protocol/completion_assembly.hpp"

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

std::string text(element of) {
  return simdjson::minify(of);
}

/// Calls beyond have no place: nobody numbers them so.
constexpr std::uint64_t most_calls = 128;

/// The elements of an array, to those that there are.
void add_items(std::string& to, element list) {
  simdjson::dom::array items;
  if (list.get(items) != SUCCESS)
    return;
  for (auto item : items)
    (to += to.empty() ? "" : ",") += text(item);
}

template <class Members>
void write_members(std::string& out, const Members& members) {
  for (auto& [key, json] : members) {
    out += ',';
    json::append_string(out, key);
    (out += ':') += json;
  }
}

} // namespace

bool ended_well(std::string_view finish_reason) noexcept {
  return finish_reason == "stop" || finish_reason == "tool_calls"
         || finish_reason == "function_call";
}

std::string usage_text(const token_usage& tokens) {
  std::string out;
  {
    json::object_writer usage{out};
    usage.number("prompt_tokens", tokens.input);
    usage.number("completion_tokens", tokens.output);
    usage.number("total_tokens", tokens.input + tokens.output);
    auto details = usage.object("prompt_tokens_details");
    details.number("cached_tokens", tokens.cached_input);
  }
  return out;
}

token_usage usage_of(element usage) {
  token_usage out;
  out.known = usage.is_object();
  out.input = count_of(usage["prompt_tokens"]);
  out.output = count_of(usage["completion_tokens"]);
  out.cached_input = count_of(usage["prompt_tokens_details"]["cached_tokens"]);
  return out;
}

void completion_assembly::feed(std::string_view events) {
  decoder_.feed(events);
  sse_event event;
  auto more = decoder_.next(event);
  for (; more && *more; more = decoder_.next(event)) {
    if (!event.has_data)
      continue;
    element chunk;
    if (event.data == "[DONE]")
      done_ = true;
    else if (parse_tree(event.data, chunk) == SUCCESS && chunk.is_object())
      take(chunk);
    else
      odd_ = true;
  }
  odd_ |= !more;
}

void completion_assembly::take(element chunk) {
  simdjson::dom::object members;
  if (chunk.get(members) != SUCCESS)
    return;
  for (auto [key, of] : members)
    take_top(key, of);
}

void completion_assembly::take_top(std::string_view key, element of) {
  simdjson::dom::array choices;
  if (key == "choices") {
    auto listed = of.get(choices) == SUCCESS;
    odd_ |= !listed || choices.size() > 1;
    if (listed && choices.size() > 0)
      take_choice(choices.at(0).value_unsafe());
  } else if (key == "usage") {
    if (of.is_object()) {
      usage_ = text(of);
      said_ = usage_of(of);
    }
  } else if (key == "id" || key == "model" || key == "created") {
    // The first chunk of Azure's streams is about the prompt and says "" or 0.
    auto said = text(of);
    if (said != R"("")" && said != "0" && said != "null")
      (key == "id" ? id_ : key == "model" ? model_ : created_) = said;
  } else if (key == "caisson" || key == "extra_content") {
    // Continued elsewhere; or what only a client of that dialect understands.
    odd_ = true;
    continued_ |= key == "caisson";
  } else if (key != "object" && key != "obfuscation") {
    top_.insert_or_assign(std::string{key}, text(of));
  }
}

void completion_assembly::take_choice(element choice) {
  simdjson::dom::object members;
  if (choice.get(members) != SUCCESS) {
    odd_ = true;
    return;
  }
  for (auto [key, of] : members) {
    simdjson::dom::object delta;
    if (key == "index")
      odd_ |= count_of(of) != 0;
    else if (key == "finish_reason" && of.is_string()) {
      finish_reason_ = text_of(of);
      exact_ = ended_well(finish_reason_);
    } else if (key == "logprobs")
      take_logprobs(of);
    else if (key == "delta" && of.get(delta) == SUCCESS)
      for (auto [name, said] : delta)
        take_delta(name, said);
    else if (key != "finish_reason" && key != "delta")
      choice_.insert_or_assign(std::string{key}, text(of));
  }
}

void completion_assembly::take_delta(std::string_view key, element of) {
  if (key == "role" || of.is_null())
    return;
  if (key == "tool_calls")
    take_calls(of);
  else if (of.is_string())
    texts_[std::string{key}] += text_of(of);
  else if (of.is_array())
    add_items(lists_[std::string{key}], of);
  else
    odd_ = true;
}

void completion_assembly::take_calls(element list) {
  simdjson::dom::array calls;
  if (list.get(calls) != SUCCESS) {
    odd_ = true;
    return;
  }
  for (auto one : calls)
    if (one.is_object())
      take_call(one);
    else
      odd_ = true;
}

void completion_assembly::take_call(element of) {
  auto index = count_of(of["index"]);
  if (index >= most_calls) {
    odd_ = true;
    return;
  }
  if (calls_.size() <= index)
    calls_.resize(index + 1);
  auto& to = calls_[index];
  simdjson::dom::object members;
  if (of.get(members) != SUCCESS)
    return;
  for (auto [key, said] : members) {
    if (key == "id")
      to.id += text_of(said);
    else if (key == "type")
      to.type = text_of(said);
    else if (key == "function") {
      to.name += text_of(said["name"]);
      to.arguments += text_of(said["arguments"]);
    } else if (key != "index")
      to.more.insert_or_assign(std::string{key}, text(said));
  }
}

void completion_assembly::take_logprobs(element of) {
  simdjson::dom::object lists;
  if (of.get(lists) != SUCCESS)
    return;
  for (auto [key, list] : lists) {
    if (list.is_array())
      add_items(logprobs_[std::string{key}], list);
  }
}

token_usage completion_assembly::usage() const {
  return said_.known ? said_ : counted_;
}

void completion_assembly::write_calls(std::string& out) const {
  out += R"(,"tool_calls":[)";
  for (auto& one : calls_) {
    if (out.back() != '[')
      out += ',';
    json::object_writer to{out};
    to.string("id", one.id);
    to.string("type", one.type.empty() ? "function" : one.type);
    {
      auto function = to.object("function");
      function.string("name", one.name);
      function.string("arguments", one.arguments);
    }
    write_members(out, one.more);
  }
  out += ']';
}

void completion_assembly::write_message(std::string& out) const {
  out += R"({"role":"assistant")";
  // What has not been said at all is null there, as with every vendor.
  auto content = texts_.find("content");
  out += R"(,"content":)";
  if (content == texts_.end() || (content->second.empty() && !calls_.empty()))
    out += "null";
  else
    json::append_string(out, content->second);
  auto refusal = texts_.find("refusal");
  if (refusal == texts_.end())
    out += R"(,"refusal":null)";
  for (auto& [key, said] : texts_) {
    if (key == "content")
      continue;
    out += ',';
    json::append_string(out, key);
    out += ':';
    json::append_string(out, said);
  }
  for (auto& [key, items] : lists_) {
    out += ',';
    json::append_string(out, key);
    ((out += ":[") += items) += ']';
  }
  if (!calls_.empty())
    write_calls(out);
  out += '}';
}

std::string completion_assembly::completion() const {
  std::string out;
  out.reserve(1024);
  out += R"({"id":)";
  out += id_.empty() ? R"("")" : id_;
  out += R"(,"object":"chat.completion","created":)";
  out += created_.empty() ? "0" : created_;
  out += R"(,"model":)";
  out += model_.empty() ? R"("")" : model_;
  write_members(out, top_);
  out += R"(,"choices":[{"index":0,"message":)";
  write_message(out);
  out += R"(,"logprobs":)";
  if (logprobs_.empty()) {
    out += "null";
  } else {
    out += '{';
    for (auto& [key, items] : logprobs_) {
      if (out.back() != '{')
        out += ',';
      json::append_string(out, key);
      ((out += ":[") += items) += ']';
    }
    out += '}';
  }
  write_members(out, choice_);
  out += R"(,"finish_reason":)";
  if (finish_reason_.empty())
    out += "null";
  else
    json::append_string(out, finish_reason_);
  out += "}]";
  if (!usage_.empty())
    (out += R"(,"usage":)") += usage_;
  else if (counted_.known)
    (out += R"(,"usage":)") += usage_text(counted_);
  return out += '}';
}

} // namespace caisson::protocol
