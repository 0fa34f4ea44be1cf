#include "protocol/oauth/challenge.hpp"

#include <algorithm>

#include "protocol/http/head.hpp"

namespace caisson::protocol::oauth {
namespace {

/// Reads the words of the field one by one: challenges and their parameters
/// stand in one list with commas between them (RFC 9110, section 11.6.1).
class words {
public:
  explicit words(std::string_view text) : rest_{text} {}

  void skip(std::string_view what) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(what), rest_.size()));
  }

  std::string_view token() {
    auto end = std::min(rest_.find_first_of(" \t,=\""), rest_.size());
    auto word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  bool take(char which) {
    if (rest_.empty() || rest_.front() != which)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string value() {
    if (!take('"'))
      return std::string{token()};
    std::string text;
    while (!rest_.empty() && !take('"')) {
      take('\\');
      if (rest_.empty())
        break;
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    return text;
  }

  bool over() const noexcept { return rest_.empty(); }

private:
  std::string_view rest_;
};

} // namespace

std::optional<challenge> read_challenge(std::string_view field) {
  constexpr std::string_view blank = " \t";
  std::optional<challenge> found;
  auto bearer = false;
  words from{field};
  for (from.skip(" \t,"); !from.over(); from.skip(" \t,")) {
    auto word = from.token();
    from.skip(blank);
    if (!from.take('=')) {
      // Of two that mean us the first counts.
      bearer = !found && http::iequals(word, "Bearer");
      if (bearer)
        found.emplace();
      if (word.empty())
        from.value(); // no word at all: whatever it is, it is passed over
      continue;
    }
    from.skip(blank);
    auto value = from.value();
    if (!bearer)
      continue;
    if (http::iequals(word, "resource_metadata"))
      found->resource_metadata = std::move(value);
    else if (http::iequals(word, "scope"))
      found->scope = std::move(value);
    else if (http::iequals(word, "error"))
      found->error = std::move(value);
  }
  return found;
}

} // namespace caisson::protocol::oauth
