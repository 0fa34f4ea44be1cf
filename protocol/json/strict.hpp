#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "actors/fault.hpp"

namespace caisson::protocol::json {

/// How deep a body may nest; `[` alone is depth 1. Source: SPEC section 13.
inline constexpr std::size_t max_depth = 64;

/// Spare capacity that spares a body its copy: whoever receives one reserves
/// its size and this much more.
inline constexpr std::size_t padding = 64;

/// A copy of a body with that capacity.
inline std::string padded(std::string_view body) {
  std::string copy;
  copy.reserve(body.size() + padding);
  copy += body;
  return copy;
}

/// Reads one body at the door, whoever's dialect it is, and lends simdjson's
/// on-demand view of it. Strict where simdjson on demand is lazy: the whole
/// body is walked once, before anybody looks at a field.
///
/// The parser comes from the thread and goes back to it, so a reader costs no
/// allocation; parsers of bodies over 256 KiB are dropped, so that one large
/// body does not stay in memory for good.
class strict_reader {
public:
  strict_reader();
  ~strict_reader();
  strict_reader(const strict_reader&) = delete;
  strict_reader& operator=(const strict_reader&) = delete;

  /// Holds `body` to the rules of SPEC section 13: one document, an object or
  /// an array, of valid UTF-8 without a byte order mark; at most `max_depth`
  /// deep; no key twice in an object, however it is escaped; every string
  /// expressible in UTF-8 (no lone surrogates); every number within int64,
  /// uint64 or double. Nothing, or a `validation_schema` fault whose sentence
  /// says where, as a byte offset. Grows the capacity of `body` by `padding`
  /// unless it is there; the bytes stay as they are.
  std::optional<fault> read(std::string& body);

  /// Opens a body that `read` has passed before, without walking it again.
  /// False for anything that is not an object.
  bool reopen(const std::string& body);

  /// Whether the body was sound and is an object, not an array.
  bool is_object();

  /// The document from its start, as often as wanted; only when `is_object`.
  /// Views taken from an earlier call end with the next.
  simdjson::ondemand::object object();

  struct engine;

private:
  std::unique_ptr<engine> engine_;
  simdjson::ondemand::document document_;
  bool sound_ = false;
};

/// The key of a member, unescaped; false if an escape is wrong. Most keys have
/// none, and then this is a view of the body and twice as fast as simdjson's
/// `unescaped_key`.
inline bool key_text(const simdjson::ondemand::field& from,
                     std::string_view& key) {
  const char* const begin = from.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\')
    ++end;
  if (*end == '"') {
    key = {begin, static_cast<std::size_t>(end - begin)};
    return true;
  }
  // Through a result: field's own unescaped_key changed its signature twice.
  using result = simdjson::simdjson_result<simdjson::ondemand::field>;
  return !result{simdjson::ondemand::field{from}}.unescaped_key().get(key);
}

/// Calls `visit(key, value)` for every member until it returns false. Whether
/// all were visited.
template <class Visit>
bool each_member(simdjson::ondemand::object from, Visit visit) {
  for (auto item : from) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (std::move(item).get(field) || !key_text(field, key)
        || !visit(key, field.value()))
      return false;
  }
  return true;
}

/// Calls `visit(index, value)` for every element until it returns false.
/// Whether all were visited.
template <class Visit>
bool each_element(simdjson::ondemand::array from, Visit visit) {
  std::size_t index = 0;
  for (auto item : from) {
    simdjson::ondemand::value value;
    if (std::move(item).get(value) || !visit(index++, value))
      return false;
  }
  return true;
}

/// The token that begins at `text`, without the blanks that simdjson leaves
/// behind it.
std::string_view trim(std::string_view text) noexcept;

/// Any value as it stands in the text; empty if it is cut off.
std::string_view raw(simdjson::ondemand::value from);

} // namespace caisson::protocol::json
