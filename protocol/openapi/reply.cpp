#include "protocol/openapi/reply.hpp"

#include "protocol/base64.hpp"
#include "protocol/dialects/classify.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/tool_result.hpp"

namespace caisson::protocol::openapi {
namespace {

// Each attempt has one request, and so one id.
constexpr std::string_view opening = R"({"jsonrpc":"2.0","id":1,)";

bool is_utf8(std::string_view text) {
  return json::valid_utf8(text) == text;
}

std::string essence(std::string_view type) {
  auto end = type.find_first_of("; ");
  return std::string{type.substr(0, end)};
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

void write_text(std::string& out, std::string_view text) {
  json::object_writer block{out};
  block.string("type", "text");
  block.string("text", text);
}

void write_data(std::string& out, std::string_view type, std::string_view mime,
                std::string_view body) {
  json::object_writer block{out};
  block.string("type", type);
  block.string("data", base64(body));
  block.string("mimeType", mime);
}

void write_resource(std::string& out, std::string_view mime,
                    std::string_view body) {
  json::object_writer block{out};
  block.string("type", "resource");
  auto resource = block.object("resource");
  resource.string("uri", "openapi:reply");
  resource.string("mimeType", mime.empty() ? "application/octet-stream" : mime);
  resource.string("blob", base64(body));
}

void write_block(std::string& out, const reply_note& note,
                 std::string_view body) {
  auto mime = essence(note.content_type);
  if (body.empty())
    write_text(out,
               "status " + std::to_string(note.status) + ", without a body");
  else if (mime.starts_with("image/") && !mime.ends_with("+xml"))
    write_data(out, "image", mime, body);
  else if (mime.starts_with("audio/"))
    write_data(out, "audio", mime, body);
  else if (is_utf8(body))
    write_text(out, body);
  else
    write_resource(out, mime, body);
}

std::string write_answer(const reply_note& note, std::string_view body,
                         bool structured) {
  std::string out{opening};
  out += R"("result":)";
  {
    auto failed = note.status >= 400;
    json::object_writer result{out};
    auto& content = result.key("content");
    content += '[';
    if (failed) {
      write_text(content, "the API answered " + std::to_string(note.status));
      content += ',';
    }
    write_block(content, note, body);
    content += ']';
    if (structured)
      result.raw("structuredContent", body);
    if (failed)
      result.raw("isError", "true");
  }
  return out += '}';
}

/// Structured as well where the body is an object, and a message with it in it
/// is one that everybody can read (no key twice, not too deep).
std::string write_answer(const reply_note& note, std::string_view body) {
  auto begin = body.find_first_not_of(" \t\r\n");
  if (note.status < 400 && begin != body.npos && body[begin] == '{') {
    auto out = write_answer(note, body, true);
    if (!json::strict_reader{}.read(out))
      return out;
  }
  return write_answer(note, body, false);
}

class own_reader final : public reply_reader {
public:
  explicit own_reader(std::shared_ptr<const reply_note> note)
    : note_{std::move(note)} {}

  result<whole_reply> whole(std::string_view body) override {
    whole_reply said;
    said.translated = write_answer(*note_, body);
    return said;
  }

  /// An API may answer with a stream of events, whose text is given whole.
  result<stream_step> feed(std::string_view bytes) override {
    body_ += bytes;
    return stream_step{};
  }

  result<stream_step> close() override {
    mcp::append_event(out_, write_answer(*note_, body_));
    stream_step step;
    step.out = out_;
    step.has_token = step.done = true;
    return step;
  }

  token_usage usage() const override { return {}; }

private:
  std::shared_ptr<const reply_note> note_;
  std::string body_;
  std::string out_;
};

} // namespace

std::unique_ptr<reply_reader>
tool_reader(std::shared_ptr<const reply_note> note) {
  return std::make_unique<own_reader>(std::move(note));
}

bool tool_judge::answers(unsigned status) const noexcept {
  if (status >= 200 && status < 300)
    return true;
  return status >= 400 && status < 500 && status != 401 && status != 407
         && status != 408 && status != 429;
}

fault tool_judge::classify(unsigned status, std::string_view retry_after,
                           std::string_view date, std::string_view) const {
  return classify_reply(status, retry_after, date, {});
}

std::string write_refusal(std::string_view why) {
  return std::string{opening} + R"("result":)" + mcp::failed_call(why).members
         + '}';
}

std::string write_no_method() {
  return std::string{opening}
         + R"("error":{"code":-32601,"message":"The method is unknown."}})";
}

} // namespace caisson::protocol::openapi
