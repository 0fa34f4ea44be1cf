#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "protocol/http/chunked.hpp"
#include "server/http/head_parser.hpp"

namespace caisson::http {

// The corpora of tests/corpus: requests, and what is to come of them.

/// In the files, bytes are code points up to 255.
inline std::string from_latin1_in_utf8(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
      continue;
    }
    auto low = static_cast<unsigned char>(text.at(++i));
    bytes += static_cast<char>((lead & 0x03) << 6 | (low & 0x3f));
  }
  return bytes;
}

inline std::string bytes_of(const boost::json::value& text) {
  return from_latin1_in_utf8(std::string_view{text.as_string()});
}

/// What a session would answer: a status of refusal, 200 for "ok", or 0 where
/// it would wait for more ("wait").
inline unsigned verdict_of(const boost::json::value& expected) {
  if (expected.is_int64())
    return static_cast<unsigned>(expected.as_int64());
  return expected.as_string() == "ok" ? 200 : 0;
}

inline boost::json::array corpus(const std::string& name) {
  std::ifstream file{CAISSON_SOURCE_DIR "/tests/corpus/" + name};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  return boost::json::parse(text).as_array();
}

/// Takes one request off `raw` and says what would be answered to it. Nothing
/// is left after a refusal or where the connection ends.
inline unsigned take_request(std::string_view& raw, const head_limits& limits) {
  auto bytes = std::exchange(raw, {});
  auto size = find_head_end(bytes);
  if (size == no_head_end)
    return 0;
  request_head head;
  if (auto why = parse_request_head(bytes.substr(0, size), limits, head))
    return why->status;
  bytes.remove_prefix(size);
  auto length = head.content_length.value_or(0);
  if (bytes.size() < length)
    return 0;
  bytes.remove_prefix(length);
  chunk_decoder decoder;
  while (head.chunked && !decoder.done()) {
    if (auto why = decoder.refused())
      return why->status;
    if (bytes.empty())
      return 0;
    bytes.remove_prefix(decoder.next(bytes).consumed);
  }
  if (head.keep_alive)
    raw = bytes;
  return 200;
}

/// The verdicts on all requests in `raw`.
inline std::vector<unsigned> verdicts_on(std::string_view raw,
                                         const head_limits& limits = {}) {
  std::vector<unsigned> verdicts;
  do
    verdicts.push_back(take_request(raw, limits));
  while (!raw.empty());
  return verdicts;
}

} // namespace caisson::http
