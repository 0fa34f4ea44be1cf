#include "protocol/canonical_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Change how an answer is sent, or what is noted about it, and not what it
/// says.
constexpr std::array<std::string_view, 8> beside{"stream",
                                                 "stream_options",
                                                 "user",
                                                 "metadata",
                                                 "store",
                                                 "prompt_cache_key",
                                                 "safety_identifier",
                                                 "prompt_cache_retention"};

/// Of these OpenAI says that null is the same as absent.
constexpr std::array<std::string_view, 19> optional{"temperature",
                                                    "top_p",
                                                    "max_tokens",
                                                    "stop",
                                                    "n",
                                                    "tools",
                                                    "tool_choice",
                                                    "response_format",
                                                    "seed",
                                                    "presence_penalty",
                                                    "logit_bias",
                                                    "logprobs",
                                                    "top_logprobs",
                                                    "functions",
                                                    "function_call",
                                                    "frequency_penalty",
                                                    "reasoning_effort",
                                                    "max_completion_tokens",
                                                    "parallel_tool_calls"};

template <class Names>
bool among(const Names& names, std::string_view key) noexcept {
  return std::find(names.begin(), names.end(), key) != names.end();
}

void append_real(std::string& out, double value) {
  std::array<char, 40> digits{};
  auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
  // A real stays one: nested, 1.0 is not 1.
  if (std::find_if(digits.data(), end,
                   [](char c) { return c == '.' || c == 'e'; })
      == end)
    out += ".0";
}

/// Of an element that is one.
simdjson::dom::object object_in(const element& of) {
  simdjson::dom::object out;
  if (of.get(out) != simdjson::SUCCESS)
    out = {};
  return out;
}

class writer {
public:
  explicit writer(std::string& out) : out_(out) {}

  void value(element from) {
    switch (from.type()) {
      case element_type::OBJECT:
        members(
          object_in(from), [](std::string_view, element) { return true; },
          false);
        return;
      case element_type::ARRAY:
        array(from);
        return;
      case element_type::STRING:
        json::append_string(out_, text_of(from));
        return;
      case element_type::DOUBLE:
        append_real(out_, from.get_double().value_unsafe());
        return;
      default:
        out_ += simdjson::minify(from);
    }
  }

  /// Numbers at the top are settings: 0.0 is 0 there.
  void setting(element from) {
    double real = 0;
    if (from.is_double() && from.get(real) == simdjson::SUCCESS
        && real == std::trunc(real) && std::abs(real) < 1e15)
      json::append_number(out_, static_cast<std::int64_t>(real));
    else
      value(from);
  }

  template <class Keep>
  void members(simdjson::dom::object from, Keep keep, bool top) {
    std::vector<std::pair<std::string_view, element>> all;
    all.reserve(from.size());
    for (auto [key, of] : from)
      if (keep(key, of))
        all.emplace_back(key, of);
    std::sort(all.begin(), all.end(),
              [](auto& a, auto& b) { return a.first < b.first; });
    out_ += '{';
    for (auto& [key, of] : all) {
      if (out_.back() != '{')
        out_ += ',';
      json::append_string(out_, key);
      out_ += ':';
      if (top)
        setting(of);
      else
        value(of);
    }
    out_ += '}';
  }

private:
  void array(element from) {
    out_ += '[';
    auto first = true;
    simdjson::dom::array list;
    if (from.get(list) != simdjson::SUCCESS)
      return;
    for (auto one : list) {
      if (!std::exchange(first, false))
        out_ += ',';
      value(one);
    }
    out_ += ']';
  }

  std::string& out_;
};

bool matters(std::string_view key, element of) {
  if (of.is_null() && among(optional, key))
    return false;
  std::int64_t n = 0;
  if (key == "n" && of.get(n) == simdjson::SUCCESS && n == 1)
    return false;
  return !among(beside, key);
}

bool matters_in_original(std::string_view key, element) {
  return key != "metadata";
}

} // namespace

bool cacheable(const chat_request& request) noexcept {
  return request.single() && request.cache_wish().value_or(request.exact());
}

std::string canonical(const chat_request& request) {
  auto* origin = request.origin();
  std::string_view body
    = origin ? std::string_view{origin->original} : request.body();
  std::string out;
  out.reserve(body.size() + 64);
  if (origin) {
    out += std::to_string(static_cast<int>(origin->client));
    ((out += ' ') += origin->field) += '\n';
  }
  element root;
  simdjson::dom::object members;
  // What the door has let in is an object; should a parser think otherwise,
  // the bytes as they are say as much.
  if (parse_tree(body, root) != simdjson::SUCCESS
      || root.get(members) != simdjson::SUCCESS)
    return out += body;
  writer{out}.members(members, origin ? matters_in_original : matters, true);
  return out;
}

} // namespace caisson::protocol
