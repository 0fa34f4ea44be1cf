#include "protocol/continuation_read.hpp"

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_element;
using json::each_member;

constexpr std::string_view among_choices = "among several choices";
constexpr std::string_view unreadable = "and what was sent cannot be read";

/// A number, true, false, null or string as it stands there; of anything else
/// the bracket that opens it.
std::string_view token_of(ondemand::value value) {
  return json::trim(value.raw_json_token());
}

/// A member that says nothing: null, "" or [].
bool empty(ondemand::value value) {
  const auto token = token_of(value);
  bool none = false;
  ondemand::array list;
  if (token == "[")
    return !value.get_array().get(list) && !list.is_empty().get(none) && none;
  return token == "null" || token == R"("")";
}

/// The chunks of a stream, one by one.
class chunk_reader {
public:
  explicit chunk_reader(stream_so_far& into) : into_{into} {}

  bool take(std::string_view chunk) {
    ondemand::document document;
    ondemand::object root;
    return !walk(chunk, document) && !document.get_object().get(root)
           && each_member(root, [this](auto key, ondemand::value value) {
                return member(key, value);
              });
  }

  std::string_view trouble;
  bool has_choices = false;

private:
  bool member(std::string_view key, ondemand::value value) {
    if (key == "id")
      keep(into_.id, value);
    else if (key == "model")
      keep(into_.model, value);
    else if (key == "created")
      keep(into_.created, value);
    if (key != "choices")
      return true;
    has_choices = true;
    ondemand::array choices;
    return !value.get_array().get(choices)
           && each_element(choices, [this](auto, ondemand::value one) {
                return choice(one);
              });
  }

  /// The last that is said is right: the first chunk of Azure's streams is
  /// about the prompt, its id is "" and its time 0.
  static void keep(std::string& to, ondemand::value value) {
    const auto token = token_of(value);
    const auto c = token.empty() ? ' ' : token.front();
    if ((c == '"' && token.size() > 2) || (c > '0' && c <= '9'))
      to = token;
  }

  bool choice(ondemand::value value) {
    ondemand::object members;
    return !value.get_object().get(members)
           && each_member(members, [this](auto key, ondemand::value of) {
                ondemand::object said;
                if (key == "index" && token_of(of) != "0")
                  trouble = among_choices;
                else if (key == "finish_reason" && !empty(of))
                  into_.finished = true;
                return key != "delta" || token_of(of) != "{"
                       || (!of.get_object().get(said) && delta(said));
              });
  }

  bool delta(ondemand::object said) {
    return each_member(said, [this](auto key, ondemand::value value) {
      if (key == "content")
        return content(value);
      if (empty(value))
        return true;
      if (key == "role")
        into_.has_role = true;
      else if (key == "tool_calls" || key == "function_call")
        trouble = "within a tool call";
      else if (key == "refusal")
        trouble = "within a refusal";
      else if (key == "audio")
        trouble = "within audio";
      return true;
    });
  }

  bool content(ondemand::value value) {
    const auto token = token_of(value);
    if (token.starts_with('"') && token.size() >= 2)
      into_.text += token.substr(1, token.size() - 2);
    else if (!empty(value)) // a list of parts
      trouble = "within an answer that is not text alone";
    return true;
  }

  stream_so_far& into_;
};

/// The members of a request that a continuation hangs on.
class outline_reader {
public:
  outline_reader(const std::string& body, request_outline& into)
    : body_{body}, into_{into} {}

  bool member(std::string_view key, ondemand::value value) {
    if (key == "n")
      into_.several = token_of(value) != "1" && token_of(value) != "null";
    else if (key == "response_format" && token_of(value) == "{")
      return format(value);
    return key != "messages" || messages(value);
  }

private:
  bool format(ondemand::value value) {
    ondemand::object members;
    return !value.get_object().get(members)
           && each_member(members, [this](auto key, ondemand::value of) {
                if (key == "type")
                  into_.json = token_of(of) != R"("text")";
                return true;
              });
  }

  bool messages(ondemand::value value) {
    const auto raw = json::raw(value);
    into_.messages_end
      = static_cast<std::size_t>(raw.data() - body_.data()) + raw.size() - 1;
    return raw.ends_with(']');
  }

  const std::string& body_;
  request_outline& into_;
};

} // namespace

std::string_view read_stream(std::string_view events, stream_so_far& into) {
  chunk_reader chunks{into};
  sse_decoder decoder;
  decoder.feed(events);
  sse_event event;
  auto more = decoder.next(event);
  for (; more && *more; more = decoder.next(event)) {
    if (event.has_data && event.data == "[DONE]")
      into.done = true;
    else if (event.has_data && !chunks.take(event.data))
      return unreadable;
  }
  into.half_line_end = events.ends_with("\r\n\r");
  if (!more || !chunks.has_choices)
    return unreadable;
  return decoder.partial() ? "within an event" : chunks.trouble;
}

bool outline_of(std::string_view body, request_outline& into) {
  auto copy = json::padded(body);
  json::strict_reader reader;
  outline_reader outline{copy, into};
  return reader.reopen(copy)
         && each_member(reader.object(), [&](auto key, ondemand::value value) {
              return outline.member(key, value);
            });
}

} // namespace caisson::protocol
