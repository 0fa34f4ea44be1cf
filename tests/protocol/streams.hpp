#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat_request.hpp"
#include "protocol/dialect.hpp"

namespace caisson::protocol {

/// Streams of OpenAI's dialect, made and judged, for the tests of what goes on
/// with them.

std::string read_file(const std::string& path);

/// A file of tests/protocol/golden.
std::string golden(const std::string& path);

/// A stream cut behind each event; its parts make up the whole.
std::vector<std::string> events_of(std::string_view stream);

/// The event of a chunk of stream "chatcmpl-1" of model "first" at time 7.
std::string chunk(std::string_view delta,
                  std::string_view finish_reason = "null");

/// A chat request for a stream; `more` begins with a comma.
std::shared_ptr<const chat_request> asked(std::string_view more = "");

/// A vendor's reader of a reply to `asked()`.
std::unique_ptr<reply_reader> reader_of(std::string_view vendor,
                                        bool wants_usage = false);

/// What a client reads out of a stream.
struct stream_facts {
  bool well_formed = true; ///< each event a chunk, nothing behind `[DONE]`
  std::set<std::string> ids, models;
  std::set<std::int64_t> times;
  std::string text;
  std::vector<std::string> finishes;
  std::vector<std::string> marks; ///< members `caisson`, as JSON
  std::size_t roles = 0, usages = 0, comments = 0, calls = 0, ends = 0;
  bool starts_with_role = false;
};

stream_facts facts_of(std::string_view stream);

/// All that a reader gives for a reply that arrives cut at random; checks that
/// nothing goes wrong.
std::string all_of(reply_reader& reader, std::string_view reply,
                   unsigned seed = 0);

} // namespace caisson::protocol
