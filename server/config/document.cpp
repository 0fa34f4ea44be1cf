// The only file that knows toml++: it takes seconds to compile.
#include "server/config/document.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <tuple>
#include <utility>

namespace {

/// An assertion of toml++ does not hold.
struct broken_assertion {};

constexpr void must_hold(bool holds) {
  if (!holds)
    throw broken_assertion{};
}

} // namespace

// toml++ 3.3 and 3.4 assert what a malformed document can break: `["a",}`
// aborts a debug build, and in a release build it is undefined, for there the
// compiler is told to assume it. Here it throws, in both; which needs the
// library's code in this file.
#undef NDEBUG
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(holds) must_hold(static_cast<bool>(holds))
#include <toml++/toml.h>

namespace caisson::config {
namespace {

/// Far beyond any configuration, and small enough to read in one piece.
constexpr std::size_t most_bytes = 4u << 20;

place place_of(std::string_view name, const toml::source_region& region) {
  return {std::string{name}, region.begin.line, region.begin.column};
}

node tree_of(std::string_view name, const toml::node& from);

void add_children(std::string_view name, const toml::table& from, node& to) {
  to.form = shape::table;
  for (auto&& [key, value] : from) {
    auto child = tree_of(name, value);
    child.key = std::string{key.str()};
    child.key_at = place_of(name, key.source());
    to.children.push_back(std::move(child));
  }
  // toml++ sorts by name; "the first dependency that lists a model" is the
  // first in the file.
  std::stable_sort(to.children.begin(), to.children.end(),
                   [](const node& a, const node& b) {
                     return std::tie(a.key_at.line, a.key_at.column)
                            < std::tie(b.key_at.line, b.key_at.column);
                   });
}

node tree_of(std::string_view name, const toml::node& from) {
  node to;
  to.at = place_of(name, from.source());
  if (auto table = from.as_table()) {
    add_children(name, *table, to);
  } else if (auto list = from.as_array()) {
    to.form = shape::list;
    for (auto&& element : *list)
      to.children.push_back(tree_of(name, element));
  } else if (auto text = from.as_string()) {
    to.word = text->get();
  } else if (auto integer = from.as_integer()) {
    to.word = integer->get();
  } else if (auto real = from.as_floating_point()) {
    to.word = real->get();
  } else if (auto flag = from.as_boolean()) {
    to.word = flag->get();
  }
  return to;
}

/// What toml++ says, without what the file says: a number that does not fit is
/// quoted by the library, and might have been meant as a secret.
std::string without_values(std::string_view description) {
  constexpr std::string_view quote = "'";
  if (description.find("redefine") != std::string_view::npos)
    return std::string{description};
  auto first = description.find(quote);
  auto last = description.rfind(quote);
  if (first == std::string_view::npos || last - first <= 5)
    return std::string{description};
  std::string out{description.substr(0, first)};
  return out + "it" + std::string{description.substr(last + 1)};
}

bool breaks_assertion(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const toml::parse_error&) {
    return false;
  } catch (const broken_assertion&) {
    return true;
  }
  return false;
}

/// Where an assertion broke: at the end of the shortest beginning of `text`
/// that breaks one. The parser reads from left to right, so longer ones do.
place place_of_break(std::string_view name, std::string_view text) {
  std::size_t harmless = 0;
  auto broken = text.size();
  while (broken - harmless > 1) {
    auto middle = harmless + (broken - harmless) / 2;
    (breaks_assertion(text.substr(0, middle)) ? broken : harmless) = middle;
  }
  place at{std::string{name}, 1, 1};
  for (auto c : text.substr(0, harmless)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((c & 0xC0) != 0x80) {
      ++at.column; // a character, however many bytes it has
    }
  }
  return at;
}

} // namespace

std::variant<node, problem> parse_document(std::string_view name,
                                           std::string_view text) {
  try {
    auto table = toml::parse(text, name);
    node root;
    root.at = {std::string{name}, 1, 1};
    add_children(name, table, root);
    return root;
  } catch (const toml::parse_error& error) {
    auto at = place_of(name, error.source());
    return problem{at, without_values(error.description()), "valid TOML"};
  } catch (const broken_assertion&) {
    return problem{place_of_break(name, text),
                   "nothing can stand here, or something is missing",
                   "valid TOML"};
  }
}

std::optional<node> parse_list(std::string_view text) {
  auto parsed = parse_document("list", "list = " + std::string{text});
  auto root = std::get_if<node>(&parsed);
  if (root == nullptr || root->children.size() != 1
      || root->children[0].form != shape::list)
    return std::nullopt;
  return std::move(root->children[0]);
}

std::variant<std::string, problem> read_document(const std::string& path) {
  auto refuse = [&](std::string why) {
    return problem{{path}, "cannot be read: " + why, "a readable TOML file"};
  };
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return refuse(std::strerror(errno));
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && errno != 0))
    return refuse(std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most_bytes)
    return refuse("it is larger than 4MiB");
  return text;
}

} // namespace caisson::config
