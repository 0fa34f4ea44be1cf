#include "protocol/openapi/references.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace caisson::protocol::openapi {

namespace bj = boost::json;

namespace {

/// References that are followed one after the other.
constexpr int longest_way = 32;

int hex(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  auto low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

const bj::value* step_into(const bj::value& from, const std::string& step) {
  if (const auto* object = from.if_object())
    return object->if_contains(step);
  const auto* array = from.if_array();
  std::size_t index = 0;
  auto [end, ec]
    = std::from_chars(step.data(), step.data() + step.size(), index);
  if (!array || ec != std::errc{} || end != step.data() + step.size())
    return nullptr;
  return array->if_contains(index);
}

} // namespace

/// %XX, then ~1 and ~0.
std::string unescaped_step(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    auto c = step[i];
    if (c == '%' && i + 2 < step.size() && hex(step[i + 1]) >= 0
        && hex(step[i + 2]) >= 0) {
      c = static_cast<char>(hex(step[i + 1]) * 16 + hex(step[i + 2]));
      i += 2;
    }
    if (c == '~' && i + 1 < step.size()
        && (step[i + 1] == '0' || step[i + 1] == '1'))
      c = step[++i] == '0' ? '~' : '/';
    out += c;
  }
  return out;
}

const bj::value* at_reference(const bj::value& root,
                              std::string_view reference) {
  if (!reference.starts_with('#'))
    return nullptr;
  reference.remove_prefix(1);
  const auto* at = &root;
  while (at && !reference.empty()) {
    if (!reference.starts_with('/'))
      return nullptr;
    reference.remove_prefix(1);
    auto end = std::min(reference.find('/'), reference.size());
    at = step_into(*at, unescaped_step(reference.substr(0, end)));
    reference.remove_prefix(end);
  }
  return at;
}

const bj::object* resolved(const bj::value& root, const bj::value& what) {
  const auto* at = &what;
  for (auto i = 0; at && i < longest_way; ++i) {
    const auto* object = at->if_object();
    auto reference = object ? text_in(*object, "$ref") : std::string_view{};
    if (reference.empty())
      return object;
    at = at_reference(root, reference);
  }
  return nullptr;
}

const bj::object* object_in(const bj::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  return found ? found->if_object() : nullptr;
}

const bj::array* array_in(const bj::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  return found ? found->if_array() : nullptr;
}

std::string_view text_in(const bj::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string_view{*text} : std::string_view{};
}

bool flag_in(const bj::object& of, std::string_view name, bool otherwise) {
  const auto* found = of.if_contains(name);
  const auto* flag = found ? found->if_bool() : nullptr;
  return flag ? *flag : otherwise;
}

} // namespace caisson::protocol::openapi
