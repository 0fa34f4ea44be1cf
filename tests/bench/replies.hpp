#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// What the upstream says: OpenAI's wire, whole or as a stream.

constexpr std::size_t events_in_stream = 32;
constexpr std::size_t event_bytes = 297;

/// `head` + as many letters as make the whole `size` long + `tail`.
inline std::string padded(std::string_view head, std::string_view tail,
                          std::size_t size) {
  static constexpr std::string_view words = "the quick brown fox jumps over ";
  std::string out{head};
  while (out.size() + tail.size() < size)
    out += words[(out.size() - head.size()) % words.size()];
  return out += tail;
}

/// `fields` are whole lines.
inline std::string with_head(std::string_view status, const std::string& body,
                             std::string_view fields = {}) {
  return "HTTP/1.1 " + std::string{status} + "\r\n" + std::string{fields}
         + "Content-Type: application/json\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A chat completion whose body has `size` bytes.
inline std::string completion(std::size_t size) {
  return with_head(
    "200 OK",
    padded(R"({"id":"chatcmpl-bench","object":"chat.completion",)"
           R"("created":1760000000,"model":"bench","choices":[{"index":0,)"
           R"("message":{"role":"assistant","content":")",
           R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":57,)"
           R"("completion_tokens":200,"total_tokens":257}})",
           size));
}

inline std::string chunk(const std::string& data) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

/// One string for each send of a stream.
inline std::vector<std::string> stream_parts() {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < events_in_stream; ++i) {
    auto last = i + 1 == events_in_stream;
    auto head
      = std::string{R"(data: {"id":"chatcmpl-bench",)"
                    R"("object":"chat.completion.chunk","created":1760000000,)"
                    R"("model":"bench","choices":[{"index":0,"delta":{)"}
        + (i == 0 ? R"("role":"assistant",)" : "") + R"("content":")";
    parts.push_back(chunk(padded(head,
                                 std::string{R"("},"finish_reason":)"}
                                   + (last ? R"("stop")" : "null") + "}]}\n\n",
                                 event_bytes)));
  }
  parts.front().insert(0, "HTTP/1.1 200 OK\r\nContent-Type: "
                          "text/event-stream\r\nCache-Control: no-cache\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n");
  parts.push_back(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
  return parts;
}

} // namespace bench
