#include "tests/protocol/streams.hpp"

#include <fstream>
#include <iterator>
#include <random>

#include <boost/json.hpp>

#include "protocol/dialects/read.hpp"
#include "protocol/sse.hpp"
#include "tests/support/catch.hpp"

namespace caisson::protocol {
namespace {

namespace bj = boost::json;

std::string text_in(const bj::object& in, std::string_view key) {
  auto value = in.if_contains(key);
  return value && value->is_string() ? std::string{value->as_string()} : "";
}

void read_choice(const bj::object& choice, stream_facts& into) {
  auto& delta = choice.at("delta").as_object();
  into.roles += delta.contains("role");
  into.text += text_in(delta, "content");
  into.calls += delta.contains("tool_calls");
  if (auto why = text_in(choice, "finish_reason"); !why.empty())
    into.finishes.push_back(why);
}

void read_chunk(std::string_view json, bool first, stream_facts& into) {
  boost::system::error_code broken;
  auto value = bj::parse(json, broken);
  if (broken || !value.is_object()
      || text_in(value.as_object(), "object") != "chat.completion.chunk") {
    into.well_formed = false;
    return;
  }
  auto& chunk = value.as_object();
  into.ids.insert(text_in(chunk, "id"));
  into.models.insert(text_in(chunk, "model"));
  into.times.insert(chunk.at("created").as_int64());
  for (auto& choice : chunk.at("choices").as_array())
    read_choice(choice.as_object(), into);
  into.starts_with_role |= first && into.roles == 1;
  auto usage = chunk.if_contains("usage");
  into.usages += usage && usage->is_object();
  if (auto mark = chunk.if_contains("caisson"))
    into.marks.push_back(bj::serialize(*mark));
}

} // namespace

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string golden(const std::string& path) {
  return read_file(CAISSON_SOURCE_DIR "/tests/protocol/golden/" + path);
}

std::vector<std::string> events_of(std::string_view stream) {
  std::vector<std::string> found;
  sse_decoder decoder;
  decoder.feed(stream);
  sse_event event;
  while (decoder.next(event).value())
    found.emplace_back(event.raw);
  return found;
}

std::string chunk(std::string_view delta, std::string_view finish_reason) {
  std::string out = R"(data: {"id":"chatcmpl-1","object":)"
                    R"("chat.completion.chunk","created":7,"model":"first",)"
                    R"("choices":[{"index":0,"delta":)";
  out.append(delta).append(R"(,"finish_reason":)").append(finish_reason);
  return out + "}]}\n\n";
}

std::shared_ptr<const chat_request> asked(std::string_view more) {
  std::string body = R"({"model":"m","stream":true,"messages":)"
                     R"([{"role":"user","content":"Say hello."}])";
  auto made = chat_request::read(body.append(more) + "}");
  REQUIRE(made.has_value());
  return *made;
}

std::unique_ptr<reply_reader> reader_of(std::string_view vendor,
                                        bool wants_usage) {
  if (vendor == "openai")
    return read_openai(!wants_usage);
  if (vendor == "anthropic")
    return read_anthropic("second", 99, wants_usage);
  return read_google("second", 99, wants_usage);
}

stream_facts facts_of(std::string_view stream) {
  stream_facts facts;
  sse_decoder decoder;
  decoder.feed(stream);
  sse_event event;
  bool first = true;
  while (decoder.next(event).value()) {
    facts.well_formed &= facts.ends == 0 || event.raw == "\n";
    facts.comments += event.raw.starts_with(':');
    if (!event.has_data)
      continue;
    if (event.data == "[DONE]")
      ++facts.ends;
    else
      read_chunk(event.data, std::exchange(first, false), facts);
  }
  facts.well_formed &= !decoder.partial();
  return facts;
}

std::string all_of(reply_reader& reader, std::string_view reply,
                   unsigned seed) {
  std::mt19937 random{seed};
  std::string out;
  while (!reply.empty()) {
    auto size = std::min<std::size_t>(reply.size(), 1 + random() % 200);
    // A copy of its own, so that a view kept too long is seen by ASan.
    std::string piece{reply.substr(0, size)};
    reply.remove_prefix(size);
    auto step = reader.feed(piece);
    REQUIRE(step.has_value());
    out += step->out;
  }
  auto last = reader.close();
  REQUIRE(last.has_value());
  CHECK(last->done);
  return out.append(last->out);
}

} // namespace caisson::protocol
