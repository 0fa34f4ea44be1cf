#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "actors/fault.hpp"
#include "protocol/faults.hpp"
#include "protocol/retry_after.hpp"

namespace caisson::fuzz {

/// What hostile peers have in their texts (the dictionaries and seeds do) and
/// nobody may ever see again. Not the name of a field, so not a `param` either.
inline constexpr std::string_view canary = "C4N4RY-sk";

/// Ends the process where a law does not hold: a finding, to the fuzzer.
inline void must(bool holds, std::string_view law,
                 std::source_location at = std::source_location::current()) {
  if (holds)
    return;
  std::fprintf(stderr, "%s:%u: broken law: %.*s\n", at.file_name(),
               static_cast<unsigned>(at.line()), static_cast<int>(law.size()),
               law.data());
  std::abort();
}

inline bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

/// Whether `part` is a view of bytes of `whole`.
inline bool within(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

/// The input without its first byte, which says how the rest is used.
struct input {
  input(const std::uint8_t* data, std::size_t size)
    : knob{size > 0 ? data[0] : std::uint8_t{0}},
      text{size > 0
             ? std::string{reinterpret_cast<const char*>(data) + 1, size - 1}
             : std::string{}} {}

  std::uint8_t knob;
  std::string text;
};

/// Calls `use` for `text` as a network might bring it: whole (0), in pieces of
/// at most 1, 2, 3, … bytes (up to 31; of a long text larger, for there are at
/// most some hundred), or cut once, the farther in the larger `knob` is. Each
/// piece is memory of its own that ends where the piece does, so that ASan sees
/// who reads beyond it or later.
template <class Use>
void each_piece(std::string_view text, std::uint8_t knob, Use use) {
  auto give = [&](std::size_t size) {
    std::unique_ptr<char[]> bytes{new char[size]};
    std::copy_n(text.begin(), size, bytes.get());
    text.remove_prefix(size);
    use(std::string_view{bytes.get(), size});
  };
  auto most = knob > 0 && knob <= 31 ? knob * (1 + text.size() / 512) : 0;
  if (knob > 31)
    give(text.size() * (knob - 31u) / 225);
  std::uint32_t state = knob;
  while (!text.empty()) {
    state = state * 1664525 + 1013904223;
    give(most == 0
           ? text.size()
           : std::min<std::size_t>(text.size(), 1 + (state >> 16) % most));
  }
}

/// The value of a JSON text, read by another library than the one under test;
/// nothing when it is none. As deep as simdjson goes.
inline std::optional<boost::json::value> json_of(std::string_view text) {
  boost::json::parse_options deep;
  deep.max_depth = 1100;
  boost::json::error_code error;
  auto value = boost::json::parse(text, error, {}, deep);
  return error ? std::nullopt : std::optional{std::move(value)};
}

/// What holds for every fault however it came about: a short sentence of ours
/// that repeats nothing, a believable wait, an answer that is JSON.
inline void must_be_safe(const fault& what) {
  must(!what.detail.empty() && what.detail.size() <= 200,
       "a fault says something short");
  // All that our own sentences are made of; names of fields are in quotes.
  constexpr std::string_view punctuation = " ',.():[]_-/";
  auto ours = [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z')
           || punctuation.find(static_cast<char>(c)) != punctuation.npos;
  };
  must(std::all_of(what.detail.begin(), what.detail.end(), ours),
       "a fault's sentence has only what our sentences have");
  must(!what.retry_after
         || (what.retry_after->count() >= 0
             && *what.retry_after <= protocol::retry_after_cap),
       "a wait is from nothing to the cap");
  auto body = protocol::error_body(
    what, {"0af7651916cd43dd8448eb211c80319c", {}, protocol::envelope::openai});
  must(!contains(body, canary), "a client sees nothing of a peer's text");
  must(json_of(body).has_value(), "an error's body is JSON");
  auto status = protocol::http_status(what);
  must(status >= 400 && status <= 599, "a fault has the status of an error");
}

/// Whether two faults say the same.
inline bool same(const fault& x, const fault& y) {
  return x.code == y.code && x.kind == y.kind && x.detail == y.detail
         && x.retry_after == y.retry_after && x.param == y.param;
}

} // namespace caisson::fuzz
