#include "server/config/yaml.hpp"

#include <charconv>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include "protocol/json/write.hpp"

namespace caisson::config {
namespace {

namespace json = protocol::json;

// Aliases may say the same again and again.
constexpr int most_values = 1'000'000;
constexpr int deepest = 100;

/// What a plain word means in the core schema (YAML 1.2, 10.3.2): itself as
/// JSON, or nothing, and then it is a text.
std::optional<std::string> plain(const std::string& word) {
  if (word.empty() || word == "~" || word == "null" || word == "Null"
      || word == "NULL")
    return "null";
  if (word == "true" || word == "True" || word == "TRUE")
    return "true";
  if (word == "false" || word == "False" || word == "FALSE")
    return "false";
  const auto* begin = word.data() + (word.front() == '+' ? 1 : 0);
  const auto* end = word.data() + word.size();
  std::int64_t whole = 0;
  if (auto [rest, ec] = std::from_chars(begin, end, whole);
      ec == std::errc{} && rest == end)
    return std::to_string(whole);
  double real = 0;
  // Neither "inf" nor "nan", which JSON has not.
  if (word.find_first_not_of("0123456789+-.eE") == word.npos)
    if (auto [rest, ec] = std::from_chars(begin, end, real);
        ec == std::errc{} && rest == end) {
      char digits[32];
      auto [last, failed] = std::to_chars(digits, digits + sizeof digits, real);
      return std::string(digits, last);
    }
  return std::nullopt;
}

class writer {
public:
  bool write(const YAML::Node& from) {
    if (++values_ > most_values || depth_ > deepest)
      return false;
    if (from.IsMap())
      return write_map(from);
    if (from.IsSequence())
      return write_list(from);
    if (!from.IsScalar()) {
      out += "null";
      return from.IsNull();
    }
    // "?" is the tag of a word without quotes.
    auto meaning = from.Tag() == "?" ? plain(from.Scalar()) : std::nullopt;
    if (meaning)
      out += *meaning;
    else
      json::append_string(out, json::valid_utf8(from.Scalar()));
    return true;
  }

  std::string out;

private:
  bool write_map(const YAML::Node& from) {
    ++depth_;
    out += '{';
    auto first = true;
    for (const auto& member : from) {
      if (!member.first.IsScalar())
        return false;
      out += first ? "" : ",";
      first = false;
      json::append_string(out, json::valid_utf8(member.first.Scalar()));
      out += ':';
      if (!write(member.second))
        return false;
    }
    out += '}';
    --depth_;
    return true;
  }

  bool write_list(const YAML::Node& from) {
    ++depth_;
    out += '[';
    auto first = true;
    for (const auto& one : from) {
      out += first ? "" : ",";
      first = false;
      if (!write(one))
        return false;
    }
    out += ']';
    --depth_;
    return true;
  }

  int values_ = 0;
  int depth_ = 0;
};

} // namespace

std::optional<std::string> json_of_yaml(const std::string& text) {
  try {
    writer made;
    if (made.write(YAML::Load(text)))
      return std::move(made.out);
  } catch (const YAML::Exception&) {
    // Its words would quote the file; where it is wrong is not worth that.
  }
  return std::nullopt;
}

} // namespace caisson::config
