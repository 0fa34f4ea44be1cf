#include "server/config/gather.hpp"

#include <algorithm>

#include "server/config/addresses.hpp"
#include "server/config/nearest.hpp"

namespace caisson::config {

bool origins::has(std::string_view path) const {
  return places.find(path) != places.end();
}

place origins::of(std::string_view path) const {
  for (;;) {
    if (auto found = places.find(path); found != places.end())
      return found->second;
    auto dot = path.find_last_of(".[");
    if (dot == std::string_view::npos)
      return {"defaults"};
    path = path.substr(0, dot);
  }
}

std::vector<named_values>& gathered::tables(const scope& where) {
  if (where.prefix == model_scope().prefix)
    return models;
  if (where.prefix == api_key_scope().prefix)
    return api_keys;
  if (where.prefix == tool_limit_scope().prefix)
    return tool_limits;
  return where.prefix == price_scope().prefix ? prices : dependencies;
}

named_values& gathered::table(const scope& where, std::string_view name) {
  auto& all = tables(where);
  for (auto& known : all)
    if (known.name == name)
      return known;
  return all.emplace_back(named_values{std::string{name}, false, {}});
}

std::string full_path(const scope& where, std::string_view name,
                      std::string_view path) {
  std::string full{where.prefix};
  for (auto part : {name, path}) {
    if (part.empty())
      continue;
    full += full.empty() ? "" : ".";
    full += part;
  }
  return full;
}

namespace {

/// Forgets where the elements of an earlier list stood.
void forget_elements(origins& from, const std::string& path) {
  auto first = from.places.lower_bound(path + '[');
  while (first != from.places.end() && first->first.starts_with(path + '['))
    first = from.places.erase(first);
}

void note_origin(gathered& all, const std::string& path, const node& written) {
  all.from.places.insert_or_assign(path, written.at);
  forget_elements(all.from, path);
  for (std::size_t i = 0; i < written.children.size(); ++i)
    all.from.places.insert_or_assign(path + '[' + std::to_string(i) + ']',
                                     written.children[i].at);
}

/// Puts the secret in the place of the reference.
void resolve_secret(gathered& all, const std::string& path, const place& at,
                    std::variant<value, problems>& taken) {
  auto& reference = std::get<std::string>(std::get<value>(taken));
  if (auto name = variable_of(reference))
    all.referenced.emplace(*name);
  auto resolved = resolve(path, at, reference, *all.variables);
  if (auto wrong = std::get_if<problem>(&resolved))
    taken = problems{std::move(*wrong)};
  else
    taken = value{std::move(std::get<std::string>(resolved))};
}

/// The same for values that are references, behind the names of variables.
void resolve_variables(gathered& all, const std::string& path, const place& at,
                       std::variant<value, problems>& taken) {
  problems wrong;
  auto& list = std::get<std::vector<std::string>>(std::get<value>(taken));
  for (auto& one : list) {
    auto equals = one.find('=');
    auto said = one.substr(equals + 1);
    if (!said.starts_with("env:") && !said.starts_with("file:"))
      continue;
    auto element = path + '[' + std::to_string(&one - list.data()) + ']';
    std::variant<value, problems> secret = value{std::move(said)};
    resolve_secret(all, element, at, secret);
    if (auto* why = std::get_if<problems>(&secret))
      wrong.insert(wrong.end(), why->begin(), why->end());
    else
      one.replace(equals + 1, one.npos,
                  std::get<std::string>(std::get<value>(secret)));
  }
  if (!wrong.empty())
    taken = std::move(wrong);
}

} // namespace

void take(gathered& all, const scope& where, std::string_view name,
          const option& what, const node& written) {
  auto path = full_path(where, name, what.path);
  note_origin(all, path, written);
  auto taken = convert(path, what.allowed, written);
  if (what.allowed.kind == value_kind::secret && taken.index() == 0)
    resolve_secret(all, path, written.at, taken);
  if (what.allowed.kind == value_kind::variables && taken.index() == 0)
    resolve_variables(all, path, written.at, taken);
  if (auto wrong = std::get_if<problems>(&taken)) {
    all.wrong.insert(all.wrong.end(), wrong->begin(), wrong->end());
    all.from.broken.insert(path);
    return;
  }
  auto& to = name.empty() ? all.node : all.table(where, name).said;
  to.insert_or_assign(std::string{what.path},
                      std::move(std::get<value>(taken)));
}

// -- a document ---------------------------------------------------------------

namespace {

/// What the writer of an unknown key in a file may have meant: the same word in
/// another table, or what is spelled most alike.
std::string meant(const scope& where, std::string_view name,
                  std::string_view path) {
  auto leaf = path.substr(path.rfind('.') + 1);
  std::vector<std::string> known;
  for (auto option : where.options) {
    known.emplace_back(option->path);
    if (option->path.ends_with("." + std::string{leaf}))
      return full_path(where, name, option->path);
  }
  for (auto& table : tables_of(where))
    known.push_back(table);
  if (name.empty())
    for (auto named : named_scopes())
      known.emplace_back(named->prefix);
  return full_path(where, name, nearest(path, known));
}

void refuse_key(gathered& all, const scope& where, std::string_view name,
                std::string_view path, const node& what) {
  auto kind = what.form == shape::table ? "unknown table " : "unknown key ";
  all.wrong.push_back(
    {what.key_at, kind + in_quotes(full_path(where, name, path)),
     in_quotes(meant(where, name, path)) + ", the nearest known"});
}

void refuse_form(gathered& all, const std::string& path, const node& what) {
  all.wrong.push_back(
    {what.at, path + " is no table", "a table, [" + path + "]"});
}

void take_named(gathered& all, const scope& where, const node& family);

/// The scope whose named tables stand at this path of the document.
const scope* family_at(const scope& where, std::string_view path) {
  if (where.prefix.empty())
    for (auto named : named_scopes())
      if (named->prefix == path)
        return named;
  return nullptr;
}

void take_table(gathered& all, const scope& where, std::string_view name,
                const std::string& below, const node& table) {
  for (auto& child : table.children) {
    auto path = below.empty() ? child.key : below + '.' + child.key;
    if (auto family = family_at(where, path)) {
      if (child.form == shape::table)
        take_named(all, *family, child);
      else
        refuse_form(all, path, child);
      continue;
    }
    // A quoted key with a dot is one word in TOML and none of ours.
    auto plain = child.key.find('.') == std::string::npos;
    if (auto option = find_option(where, path); option && plain)
      take(all, where, name, *option, child);
    else if (!plain || !is_table(where, path))
      refuse_key(all, where, name, path, child);
    else if (child.form != shape::table)
      refuse_form(all, full_path(where, name, path), child);
    else
      take_table(all, where, name, path, child);
  }
}

void check_name(gathered& all, const scope& where, const node& table) {
  auto refuse = [&](std::string what, std::string expected) {
    all.wrong.push_back({table.key_at, std::move(what), std::move(expected)});
  };
  if (!where.is_name(table.key))
    refuse(in_quotes(table.key) + " is no name for a "
             + std::string{where.called},
           std::string{where.names_are});
}

/// Options in tables with names, [prefix.NAME].
void take_named(gathered& all, const scope& where, const node& family) {
  for (auto& table : family.children) {
    auto path = full_path(where, table.key, "");
    if (table.form != shape::table) {
      // [dependency] kind = "openai": the name was forgotten.
      all.wrong.push_back({table.key_at, path + " is no table",
                           "options in a table with a name, ["
                             + full_path(where, "NAME", "") + "]"});
      continue;
    }
    check_name(all, where, table);
    if (table.key.empty())
      continue; // its options would be taken for those of the node
    all.from.places.insert_or_assign(path, table.key_at);
    all.table(where, table.key).in_file = true;
    take_table(all, where, table.key, "", table);
  }
}

} // namespace

void take_document(gathered& all, const node& root) {
  take_table(all, node_scope(), "", "", root);
}

} // namespace caisson::config
