#include "server/config/overrides.hpp"

#include <algorithm>
#include <optional>

#include "server/config/addresses.hpp"
#include "server/config/nearest.hpp"

namespace caisson::config {
namespace {

constexpr std::string_view variable_prefix = "caisson_";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

template <class Change>
std::string mapped(std::string_view text, Change change) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), change);
  return out;
}

/// A name as a variable can spell it.
std::string folded(std::string_view name) {
  return mapped(name, [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  });
}

/// How a source writes a path: dots for --set, two underscores in variables.
struct spelling {
  std::string_view separator;

  std::string of(std::string_view path) const {
    std::string out;
    for (auto c : path)
      c == '.' ? void(out += separator) : out.push_back(c);
    return out;
  }
};

constexpr spelling dotted{"."};
constexpr spelling variable{"__"};

/// The option that a key names.
struct target {
  const scope* where;
  std::string name;
  const option* what;
};

std::optional<target> target_in(const scope& where, std::string_view key,
                                const spelling& how) {
  auto start = how.of(where.prefix) + std::string{how.separator};
  if (!key.starts_with(start))
    return std::nullopt;
  key.remove_prefix(start.size());
  // From the right, the longest first: names may hold separators themselves.
  std::optional<target> found;
  std::size_t longest = 0;
  for (auto option : where.options) {
    auto end = std::string{how.separator} + how.of(option->path);
    if (key.size() > end.size() && key.ends_with(end) && end.size() > longest) {
      longest = end.size();
      auto name = key.substr(0, key.size() - end.size());
      found = target{&where, std::string{name}, option};
    }
  }
  return found;
}

std::optional<target> target_of(std::string_view key, const spelling& how) {
  for (auto option : node_scope().options)
    if (key == how.of(option->path))
      return target{&node_scope(), "", option};
  for (auto where : named_scopes())
    if (auto found = target_in(*where, key, how))
      return found;
  return std::nullopt;
}

/// The known key most like one that names nothing.
std::string meant(std::string_view key, const spelling& how) {
  std::vector<std::string> known;
  auto add = [&](const scope& where, std::string_view name) {
    for (auto option : where.options)
      known.push_back(how.of(full_path(where, name, option->path)));
  };
  for (auto where : named_scopes()) {
    auto start = how.of(where->prefix) + std::string{how.separator};
    if (!key.starts_with(start))
      continue;
    auto rest = key.substr(start.size());
    auto name = rest.substr(0, rest.find(how.separator));
    add(*where, name.empty() ? "NAME" : name);
    return nearest(key, known);
  }
  add(node_scope(), "");
  for (auto where : named_scopes())
    add(*where, "NAME");
  return nearest(key, known);
}

/// The name that the tables of the file have for what a variable can spell;
/// nothing, with a problem, when two could be meant.
std::optional<std::string> known_name(gathered& all, const target& to,
                                      const place& at) {
  std::vector<std::string> matches;
  for (auto& table : all.tables(*to.where))
    if (folded(table.name) == folded(to.name))
      matches.push_back(table.name);
  if (matches.empty())
    return to.name;
  if (matches.size() == 1)
    return matches[0];
  all.wrong.push_back(
    {at,
     "names both " + in_quotes(matches[0]) + " and " + in_quotes(matches[1]),
     "--set, which can tell them apart"});
  return std::nullopt;
}

/// A name that only overrides use has to be a proper one, too.
bool is_proper_name(const target& to) {
  return to.where == &node_scope() || to.where->is_name(to.name);
}

void take_word(gathered& all, const target& to, const place& at,
               const std::string& text) {
  if (!is_proper_name(to)) {
    all.wrong.push_back({at, in_quotes(to.name) + " is no name",
                         std::string{to.where->names_are}});
    return;
  }
  node written;
  written.at = at;
  written.word = bare{text};
  if (!to.name.empty())
    all.from.places.emplace(full_path(*to.where, to.name, ""), at);
  take(all, *to.where, to.name, *to.what, written);
}

/// Variables that are not meant for us. Kubernetes sets, for each service NAME
/// in sight, NAME_SERVICE_HOST, NAME_SERVICE_PORT[_X], and NAME_PORT[_…] with a
/// URL; services are often called "caisson" or "caisson-x".
bool belongs_to_others(std::string_view name, std::string_view text) {
  if (name.starts_with("caisson_test_"))
    return true;
  auto has = [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  };
  auto is_url = text.starts_with("tcp://") || text.starts_with("udp://")
                || text.starts_with("sctp://");
  auto of_port = has("_tcp_proto") || has("_tcp_port") || has("_tcp_addr")
                 || has("_udp_proto") || has("_udp_port") || has("_udp_addr");
  return name.ends_with("_service_host") || has("_service_port") || of_port
         || (has("_port") && is_url);
}

} // namespace

void take_environment(gathered& all) {
  for (auto& [written, text] : *all.variables) {
    auto name = mapped(written, lower);
    if (!name.starts_with(variable_prefix))
      continue;
    place at{"environment:" + written};
    auto key = std::string_view{name}.substr(variable_prefix.size());
    auto to = target_of(key, variable);
    if (!to && belongs_to_others(name, text))
      continue;
    if (!to) {
      auto best = mapped("caisson_" + meant(key, variable), upper);
      problem stranger{at, "names no option", best + ", the nearest known"};
      all.strangers.emplace_back(written, std::move(stranger));
      continue;
    }
    if (!to->name.empty()) {
      auto known = known_name(all, *to, at);
      if (!known)
        continue;
      to->name = *known;
    }
    take_word(all, *to, at, text);
  }
}

void take_overrides(gathered& all, const std::vector<set_override>& overrides) {
  for (auto& [key, text] : overrides) {
    place at{"--set " + key};
    if (auto to = target_of(key, dotted))
      take_word(all, *to, at, text);
    else
      all.wrong.push_back(
        {at, "names no option",
         in_quotes(meant(key, dotted)) + ", the nearest known"});
  }
}

} // namespace caisson::config
