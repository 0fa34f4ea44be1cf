#include "protocol/json/walk.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "protocol/json/strict.hpp"

namespace caisson::protocol::json {
namespace {

namespace ondemand = simdjson::ondemand;

/// Objects of at most this many members are compared key by key.
constexpr std::size_t few = 16;

/// Whether an exponent, if there is one, has at most four digits: a larger one
/// makes 0 of the number or nothing, and other parsers break off at it.
bool has_sane_exponent(std::string_view number) noexcept {
  auto at = number.find_first_of("eE");
  if (at == number.npos)
    return true;
  auto first = number.find_first_not_of("+-0", at + 1);
  auto end = number.find_first_not_of("0123456789", first);
  return first == number.npos || std::min(end, number.size()) - first <= 4;
}

} // namespace

std::optional<fault> walker::walk() {
  ondemand::object members;
  ondemand::array elements;
  const auto start = body_.find_first_not_of(" \t\r\n");
  const auto first = start == body_.npos ? '\0' : body_[start];
  if (first == '{' && !document_.get_object().get(members))
    whole(members);
  else if (first == '[' && !document_.get_array().get(elements))
    whole(elements);
  else
    fail("The body is not a JSON object or array",
         std::min(start, body_.size()));
  return std::move(flaw_);
}

bool walker::fail(std::string_view what, std::size_t offset) {
  std::string detail{what};
  detail += " (byte ";
  detail += std::to_string(offset);
  detail += ").";
  flaw_ = make_fault(errc::validation_schema, std::move(detail));
  return false;
}

bool walker::syntax() {
  const char* at = nullptr;
  const auto nowhere = document_.current_location().get(at) != 0;
  return fail("The body is not valid JSON",
              nowhere ? body_.size() : offset(at));
}

bool walker::deeper(const char* at) {
  if (depth_ == max_depth)
    return fail("The body is nested deeper than 64 levels", offset(at));
  ++depth_;
  return true;
}

template <class Container>
bool walker::whole(Container from) {
  depth_ = 1;
  if (!children(from))
    return false;
  const char* at = nullptr;
  return document_.current_location().get(at) != 0
         || fail("Something follows the JSON document", offset(at));
}

bool walker::children(ondemand::object from) {
  const auto base = keys_.size();
  for (auto item : from) {
    ondemand::field field;
    if (std::move(item).get(field))
      return syntax();
    if (!key(field, base) || !value(field.value()))
      return false;
  }
  if (!distinct(base))
    return false;
  keys_.resize(base);
  --depth_;
  return true;
}

bool walker::children(ondemand::array from) {
  for (auto item : from) {
    ondemand::value element;
    if (std::move(item).get(element))
      return syntax();
    if (!value(element))
      return false;
  }
  --depth_;
  return true;
}

bool walker::value(ondemand::value from) {
  const auto token = from.raw_json_token();
  switch (token.empty() ? '\0' : token.front()) {
    case '{': {
      ondemand::object inner;
      return deeper(token.data())
             && (from.get_object().get(inner) ? syntax() : children(inner));
    }
    case '[': {
      ondemand::array inner;
      return deeper(token.data())
             && (from.get_array().get(inner) ? syntax() : children(inner));
    }
    case '"':
      return text(from, token);
    case 't':
    case 'f':
    case 'n':
      return literal(token);
    default: {
      ondemand::number ignored;
      return (!from.get_number().get(ignored) && has_sane_exponent(token))
             || fail("A value is neither JSON nor a number within range",
                     offset(token.data()));
    }
  }
}

/// Stage 1 has seen to quotes, control characters and UTF-8; what is left are
/// the escapes, and most strings have none.
bool walker::text(ondemand::value from, std::string_view token) {
  // Consumed rather than left to be skipped: skipping need not be strict.
  if (!std::memchr(token.data(), '\\', token.size())) {
    ondemand::raw_json_string ignored;
    return !from.get_raw_json_string().get(ignored) || syntax();
  }
  std::string_view ignored;
  return !from.get_string().get(ignored)
         || fail("A string has an invalid escape", offset(token.data()));
}

bool walker::literal(std::string_view token) {
  const auto word = trim(token);
  return word == "true" || word == "false" || word == "null"
         || fail("The body is not valid JSON", offset(token.data()));
}

bool walker::key(const ondemand::field& from, std::size_t base) {
  const auto at = offset(from.key().raw() - 1);
  std::string_view name;
  if (!key_text(from, name))
    return fail("A key has an invalid escape", at);
  if (keys_.size() - base < few) {
    for (auto i = base; i < keys_.size(); ++i)
      if (keys_[i].text == name)
        return fail("The body has an object with the same key twice", at);
  }
  keys_.push_back({name, static_cast<std::uint32_t>(at)});
  return true;
}

/// Larger objects are sorted once, by hash for speed and then by text, so that
/// even a body of colliding keys costs n log n.
bool walker::distinct(std::size_t base) {
  if (keys_.size() - base <= few)
    return true;
  const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(base);
  for (auto at = begin; at != keys_.end(); ++at)
    at->hash
      = static_cast<std::uint32_t>(std::hash<std::string_view>{}(at->text));
  std::sort(begin, keys_.end(), [](const seen_key& a, const seen_key& b) {
    if (a.hash != b.hash)
      return a.hash < b.hash;
    const auto order = a.text.compare(b.text);
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  const auto twin = std::adjacent_find(
    begin, keys_.end(), [](const seen_key& a, const seen_key& b) {
      return a.hash == b.hash && a.text == b.text;
    });
  return twin == keys_.end()
         || fail("The body has an object with the same key twice",
                 std::next(twin)->offset);
}

} // namespace caisson::protocol::json
