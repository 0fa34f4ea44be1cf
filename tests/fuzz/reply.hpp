#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/dialect.hpp"
#include "protocol/json/write.hpp"
#include "tests/fuzz/laws.hpp"
#include "tests/fuzz/sse_reference.hpp"

namespace caisson::fuzz {

// What the three reply_*.cpp have in common. The first byte says what the rest
// is: a whole reply (0); the status (a byte), the Retry-After and the Date (a
// line each) and the body of an error (1); or a stream, cut as the byte says.

/// A vendor as these laws know it.
struct vendor {
  /// Of `protocol::dialect_for`.
  std::string_view kind;
  /// A reader for a client that wants usage, or (of a vendor whose bytes are
  /// passed through) a node that had to ask for it.
  std::unique_ptr<protocol::reply_reader> (*reader)(bool usage);
  bool passes_through;
};

struct heard {
  std::string out;
  std::optional<fault> wrong;
  bool done = false;
  bool token = false;
  token_usage usage;

  void take(const result<protocol::stream_step>& step) {
    if (!step) {
      wrong = step.error();
      return;
    }
    must(!done || step->out.empty(), "nothing comes after the end");
    must(step->has_token || !token, "a token is not taken back");
    must(step->done || !done, "an end is not taken back");
    out += step->out;
    done = step->done;
    token = step->has_token;
  }
};

inline heard listen(const vendor& who, std::string_view stream, bool usage,
                    std::uint8_t knob) {
  auto reader = who.reader(usage);
  heard so;
  each_piece(stream, knob, [&](std::string_view piece) {
    if (!so.wrong)
      so.take(reader->feed(piece));
  });
  if (!so.wrong)
    so.take(reader->close());
  so.usage = reader->usage();
  must(so.wrong || so.done, "a stream ends properly or with a fault");
  return so;
}

/// An event of ours: a chunk as OpenAI documents it.
inline void must_be_chunk(std::string_view data) {
  auto value = json_of(data);
  must(value && value->is_object(), "an event of ours is a JSON object");
  auto& chunk = value->as_object();
  must(chunk.contains("object") && chunk.at("object") == "chat.completion.chunk"
         && chunk.contains("id") && chunk.at("id").is_string()
         && chunk.contains("created") && chunk.contains("model")
         && chunk.at("model").is_string() && chunk.contains("choices")
         && chunk.at("choices").is_array(),
       "an event of ours is a chunk");
}

/// What a client that got `so` can do with it.
inline void must_be_readable(const vendor& who, const heard& so) {
  auto stream = read_events(so.out);
  must(!stream.partial, "only whole events are let out");
  must(!so.token || !stream.events.empty(), "a token was let out");
  std::size_t at = 0;
  for (auto& event : stream.events) {
    auto last = ++at == stream.events.size();
    if (event.data == "[DONE]") {
      must(last && so.done, "[DONE] is the end");
      continue;
    }
    must(!last || !so.done, "the end is [DONE]");
    if (!who.passes_through)
      must_be_chunk(event.data);
    else
      // Passed through after a look at its frame, for the price of that.
      must(event.data.find_first_not_of(" \t\n") == event.data.find('{')
             && event.data.find('{') != std::string::npos
             && protocol::json::valid_utf8(event.data) == event.data,
           "an event passed through is an object in UTF-8");
  }
}

inline void stream_laws(const vendor& who, std::string_view stream, bool usage,
                        std::uint8_t knob) {
  auto whole = listen(who, stream, usage, 0);
  auto cut = listen(who, stream, usage, knob);
  must(whole.done == cut.done
         && whole.wrong.has_value() == cut.wrong.has_value()
         && (!whole.wrong || same(*whole.wrong, *cut.wrong)),
       "the same verdict however it is cut");
  // Before any other fault, more is let out the earlier it comes.
  if (!whole.wrong || whole.wrong->kind == failure_kind::eof)
    must(whole.out == cut.out && whole.token == cut.token
           && whole.usage.known == cut.usage.known
           && whole.usage.input == cut.usage.input
           && whole.usage.output == cut.usage.output
           && whole.usage.cached_input == cut.usage.cached_input,
         "the same however it is cut");
  if (whole.wrong)
    must_be_safe(*whole.wrong);
  must_be_readable(who, whole);
  must_be_readable(who, cut);
  if (who.passes_through && !usage)
    must(stream.starts_with(whole.out)
           || (whole.done && whole.out.ends_with('\n')
               && stream.starts_with(
                 std::string_view{whole.out}.substr(0, whole.out.size() - 1))),
         "what is passed through is the stream itself, or its mended end");
}

inline void whole_laws(const vendor& who, std::string_view body) {
  auto reader = who.reader(false);
  auto reply = reader->whole(body);
  if (!reply)
    return must_be_safe(reply.error());
  must(reply->passed_through == who.passes_through,
       "passing through is the vendor's way or it is not");
  if (reply->passed_through) {
    must(reply->body.data() == body.data() && reply->body.size() == body.size(),
         "what is passed through is the reply itself");
    must(protocol::json::valid_utf8(body) == body,
         "a body passed through is UTF-8");
    return;
  }
  auto value = json_of(reply->body);
  must(value && value->is_object(), "a body of ours is a JSON object");
  auto& said = value->as_object();
  must(said.at("object") == "chat.completion"
         && !said.at("choices").as_array().empty(),
       "a body of ours is a completion with a choice");
  for (auto& choice : said.at("choices").as_array())
    must(choice.at("message").at("role") == "assistant"
           && choice.at("finish_reason").is_string(),
         "a choice is a message that has ended");
}

inline void error_laws(const vendor& who, std::string_view text) {
  if (text.empty())
    return;
  auto status = 100 + 2 * static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  auto line = [&] {
    auto end = std::min(text.find('\n'), text.size());
    auto taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
  };
  auto wait = line();
  auto date = line();
  auto dialect = protocol::dialect_for(who.kind);
  must(dialect != nullptr, "the vendor has its row");
  must_be_safe(
    dialect->classify(static_cast<unsigned>(status), wait, date, text));
}

inline int reply_laws(const vendor& who, const std::uint8_t* data,
                      std::size_t size) {
  input in{data, size};
  if (in.knob == 0)
    whole_laws(who, in.text);
  else if (in.knob == 1)
    error_laws(who, in.text);
  else
    stream_laws(who, in.text, in.knob % 2 == 1,
                static_cast<std::uint8_t>(in.knob - 2));
  return 0;
}

} // namespace caisson::fuzz
