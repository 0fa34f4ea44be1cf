#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "server/config/nearest.hpp"
#include "server/config/value.hpp"

namespace caisson::config {
namespace {

using conversion = std::variant<value, problems>;

/// What one conversion works on.
struct task {
  std::string_view path;
  const rule& allowed;
  const node& written;

  conversion refuse(std::string what) const {
    return problems{{written.at, std::string{path} + what, describe(allowed)}};
  }
};

/// Built in its place: g++ 12 sees uninitialized members in a move.
template <class Word>
conversion taken(Word word) {
  return conversion{std::in_place_type<value>, std::move(word)};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return number;
}

/// The text of a string or of a bare word.
const std::string* word_of(const node& from) {
  if (auto word = std::get_if<bare>(&from.word))
    return &word->text;
  return std::get_if<std::string>(&from.word);
}

std::optional<bool> flag_of(const node& from) {
  if (auto flag = std::get_if<bool>(&from.word))
    return *flag;
  if (auto word = std::get_if<bare>(&from.word)) {
    if (word->text == "true")
      return true;
    if (word->text == "false")
      return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer_of(const node& from) {
  if (auto number = std::get_if<std::int64_t>(&from.word))
    return *number;
  if (auto word = std::get_if<bare>(&from.word))
    return parse_number<std::int64_t>(word->text);
  return std::nullopt;
}

std::optional<double> real_of(const node& from) {
  if (auto number = std::get_if<double>(&from.word))
    return *number;
  if (auto whole = std::get_if<std::int64_t>(&from.word))
    return static_cast<double>(*whole);
  if (auto word = std::get_if<bare>(&from.word))
    return parse_number<double>(word->text);
  return std::nullopt;
}

/// What was written, in words.
std::string shown(const node& from) {
  if (from.form != shape::scalar)
    return from.form == shape::table ? "a table" : "a list";
  if (auto word = word_of(from))
    return in_quotes(*word);
  if (auto flag = std::get_if<bool>(&from.word))
    return *flag ? "true" : "false";
  if (auto whole = std::get_if<std::int64_t>(&from.word))
    return std::to_string(*whole);
  if (std::holds_alternative<double>(from.word))
    return "a fraction";
  return "a date or time";
}

conversion take_flag(const task& job) {
  if (auto flag = flag_of(job.written))
    return taken(*flag);
  return job.refuse(" is " + shown(job.written));
}

conversion take_integer(const task& job) {
  auto number = integer_of(job.written);
  if (!number || *number < job.allowed.least || *number > job.allowed.most)
    return job.refuse(" is " + shown(job.written));
  return taken(*number);
}

conversion take_real(const task& job) {
  auto number = real_of(job.written);
  auto& allowed = job.allowed;
  if (!number || !std::isfinite(*number) || *number < allowed.from
      || *number > allowed.to || (allowed.above && *number == allowed.from))
    return job.refuse(" is " + shown(job.written));
  return taken(*number);
}

/// Durations and sizes.
template <class Parse>
conversion take_measure(const task& job, Parse parse) {
  auto word = word_of(job.written);
  auto number = word ? parse(*word) : std::nullopt;
  if (!number || *number < job.allowed.least || *number > job.allowed.most)
    return job.refuse(" is " + shown(job.written));
  return taken(*number);
}

conversion take_choice(const task& job) {
  auto word = word_of(job.written);
  if (word == nullptr)
    return job.refuse(" is " + shown(job.written));
  auto names = job.allowed.choices();
  if (std::find(names.begin(), names.end(), *word) == names.end())
    return job.refuse(" is " + in_quotes(*word) + ", nearest is "
                      + in_quotes(nearest(*word, names)));
  return taken(*word);
}

/// Texts are not quoted: a URL may hold a password.
conversion take_text(const task& job) {
  auto word = word_of(job.written);
  if (word == nullptr)
    return job.refuse(" is " + shown(job.written));
  if (!job.allowed.fits(*word))
    return job.refuse(" " + std::string{job.allowed.wrong});
  return taken(*word);
}

/// The reference only; `secret.hpp` resolves it.
conversion take_secret(const task& job) {
  auto word = word_of(job.written);
  if (word == nullptr)
    return job.refuse(" is no reference");
  if (!word->starts_with("env:") && !word->starts_with("file:"))
    return job.refuse(" is written in plain text");
  return taken(*word);
}

/// "a, b" of a bare word; `["a", "b"]` is read as TOML.
std::optional<node> list_of(const node& from) {
  if (from.form == shape::list)
    return from;
  auto word = std::get_if<bare>(&from.word);
  if (word == nullptr || from.form != shape::scalar)
    return std::nullopt;
  std::string_view rest = word->text;
  if (rest.starts_with('['))
    return parse_list(rest);
  node list;
  list.form = shape::list;
  while (!rest.empty()) {
    auto comma = std::min(rest.find(','), rest.size());
    auto item = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    item = item.substr(0, item.find_last_not_of(' ') + 1);
    node child;
    child.word = std::string{item};
    list.children.push_back(std::move(child));
  }
  return list;
}

conversion take_texts(const task& job) {
  auto list = list_of(job.written);
  if (!list)
    return job.refuse(" is " + shown(job.written));
  auto one = job.allowed;
  one.kind = value_kind::text;
  std::vector<std::string> texts;
  problems wrong;
  for (auto& child : list->children) {
    // Elements of a bare word have no place of their own.
    if (job.written.form != shape::list)
      child.at = job.written.at;
    auto path = std::string{job.path} + '['
                + std::to_string(&child - list->children.data()) + ']';
    auto result = take_text({path, one, child});
    if (auto found = std::get_if<problems>(&result))
      wrong.insert(wrong.end(), found->begin(), found->end());
    else
      texts.push_back(std::get<std::string>(std::get<value>(result)));
  }
  if (!wrong.empty())
    return wrong;
  return taken(std::move(texts));
}

} // namespace

std::variant<value, problems>
convert(std::string_view path, const rule& allowed, const node& written) {
  task job{path, allowed, written};
  switch (allowed.kind) {
    case value_kind::flag:
      return take_flag(job);
    case value_kind::integer:
      return take_integer(job);
    case value_kind::real:
      return take_real(job);
    case value_kind::text:
      return take_text(job);
    case value_kind::choice:
      return take_choice(job);
    case value_kind::duration:
      return take_measure(job, parse_duration);
    case value_kind::size:
      return take_measure(job, parse_size);
    case value_kind::secret:
      return take_secret(job);
    case value_kind::texts:
    case value_kind::variables:
      return take_texts(job);
  }
  return problems{{written.at, std::string{path} + " has no rule", {}}};
}

} // namespace caisson::config
