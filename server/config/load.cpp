#include "server/config/load.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "server/config/checks.hpp"
#include "server/config/description.hpp"
#include "server/config/embedded.hpp"
#include "server/config/kinds.hpp"
#include "server/config/schema.hpp"

namespace caisson::config {
namespace {

template <class Settings>
void assign(Settings& to, const std::vector<row<Settings>>& rows,
            const values& said) {
  for (auto& row : rows)
    if (auto found = said.find(row.path); found != said.end())
      row.assign(to, found->second);
}

std::string text_of(const values& said, std::string_view path) {
  auto found = said.find(path);
  return found == said.end() ? "" : std::get<std::string>(found->second);
}

/// `base` with what is said of it. The default of `bulkhead.concurrency`
/// depends on the url, so that comes first.
dependency_settings dependency_from(const named_values& table, std::string kind,
                                    std::string url, std::string key) {
  if (auto said = text_of(table.said, "url"); !said.empty())
    url = said;
  auto made = defaults_for(table.name, kind, url);
  made.api_key = std::move(key);
  assign(made, dependency_options(), table.said);
  if (!made.mcp.spec.empty())
    made.mcp.description = read_description(made.mcp.spec);
  // The dialects append "/chat/completions" and its like.
  while (made.url.ends_with('/'))
    made.url.pop_back();
  return made;
}

/// Somebody has said what there is: a table in the file, or a kind anywhere.
bool is_configured(const gathered& all) {
  return std::any_of(
    all.dependencies.begin(), all.dependencies.end(), [&](auto& table) {
      return table.in_file
             || all.from.has("dependency." + table.name + ".kind");
    });
}

void build_configured(gathered& all, settings& to) {
  for (auto& table : all.dependencies) {
    auto path = "dependency." + table.name;
    if (!all.from.has(path + ".kind"))
      all.wrong.push_back(
        {all.from.of(path), path + " has no kind",
         describe(find_option(dependency_scope(), "kind")->allowed),
         errc::config_missing});
    to.dependencies.push_back(
      dependency_from(table, text_of(table.said, "kind"), "", ""));
  }
}

/// Overrides change the embedded ones; they cannot add to them without a kind.
void build_embedded(gathered& all, settings& to) {
  auto base = embedded(*all.variables);
  all.wrong.insert(all.wrong.end(), base.wrong.begin(), base.wrong.end());
  all.from.places.merge(base.from.places);
  all.from.broken.merge(base.from.broken);
  std::string known;
  for (auto& one : base.dependencies) {
    known += (known.empty() ? "" : ", ") + in_quotes(one.name);
    auto& table = all.table(dependency_scope(), one.name);
    to.dependencies.push_back(
      dependency_from(table, one.kind, one.url, one.api_key));
  }
  auto is_known = [&](const std::string& name) {
    return std::any_of(base.dependencies.begin(), base.dependencies.end(),
                       [&](auto& one) { return one.name == name; });
  };
  for (auto& table : all.dependencies)
    if (auto path = "dependency." + table.name; !is_known(table.name))
      all.wrong.push_back({all.from.of(path),
                           "there is no dependency " + in_quotes(table.name),
                           known + ", or " + path + ".kind to make one"});
  for (auto& model : base.models) {
    auto& table = all.table(model_scope(), model.name);
    if (table.said.find("chain") == table.said.end())
      table.said.emplace("chain", model.chain);
  }
}

settings build(gathered& all) {
  settings made;
  assign(made, node_options(), all.node);
  if (is_configured(all))
    build_configured(all, made);
  else
    build_embedded(all, made);
  for (auto& table : all.api_keys) {
    api_key_settings key;
    key.name = table.name;
    assign(key, api_key_options(), table.said);
    made.api_keys.push_back(std::move(key));
  }
  for (auto& table : all.tool_limits) {
    tool_limit_settings limit;
    limit.name = table.name;
    assign(limit, tool_limit_options(), table.said);
    made.limits.tools.push_back(std::move(limit));
  }
  for (auto& table : all.prices) {
    price_settings price{table.name, {}};
    assign(price, price_options(), table.said);
    made.prices.push_back(std::move(price));
  }
  for (auto& table : all.models) {
    model_settings model{table.name, {}};
    assign(model, model_options(), table.said);
    made.models.push_back(std::move(model));
  }
  return made;
}

/// File, then environment, then --set; in the file from top to bottom.
void sort_by_place(problems& wrong, const std::string& file) {
  auto rank = [&](const problem& one) {
    auto source = one.file == file                       ? 0
                  : one.file.starts_with("environment:") ? 1
                                                         : 2;
    return std::tuple{source, one.line, one.column};
  };
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](auto& a, auto& b) { return rank(a) < rank(b); });
}

load_result finish(const sources& from, const node* root,
                   std::optional<problem> unreadable) {
  gathered all;
  all.variables = &from.variables;
  if (root != nullptr)
    take_document(all, *root);
  take_environment(all);
  take_overrides(all, from.overrides);
  for (auto& [name, stranger] : all.strangers)
    if (all.referenced.find(name) == all.referenced.end())
      all.wrong.push_back(std::move(stranger));
  settings made;
  if (unreadable) {
    // What the file would have said is not known: nothing to judge it by.
    all.wrong.push_back(std::move(*unreadable));
  } else {
    made = build(all);
    check(made, all.from, all.wrong);
  }
  if (all.wrong.empty())
    return made;
  sort_by_place(all.wrong, from.file);
  return std::move(all.wrong);
}

} // namespace

load_result load(const sources& from) {
  if (from.file.empty())
    return finish(from, nullptr, std::nullopt);
  auto text = read_document(from.file);
  if (auto wrong = std::get_if<problem>(&text))
    return finish(from, nullptr, std::move(*wrong));
  return load_text(std::get<std::string>(text), from);
}

load_result load_text(std::string_view text, const sources& from) {
  auto parsed = parse_document(from.file, text);
  if (auto wrong = std::get_if<problem>(&parsed))
    return finish(from, nullptr, std::move(*wrong));
  return finish(from, &std::get<node>(parsed), std::nullopt);
}

} // namespace caisson::config
