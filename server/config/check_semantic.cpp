#include "server/config/check_semantic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/config/kinds.hpp"
#include "server/config/nearest.hpp"

namespace caisson::config {
namespace {

constexpr std::string_view switch_path = "cache.semantic.enabled";
constexpr std::string_view threshold_path = "cache.semantic.threshold";
constexpr std::string_view embeddings_path = "cache.semantic.embeddings";

bool embeds(const dependency_settings& one) {
  auto kind = kind_of(one.kind);
  return kind != nullptr && kind->embeds;
}

std::vector<std::string> embedders(const settings& made) {
  std::vector<std::string> names;
  for (auto& one : made.dependencies)
    if (embeds(one))
      names.push_back(one.name);
  return names;
}

void check_threshold(const settings& made, const origins& from,
                     problems& wrong) {
  auto said = made.cache.semantic.threshold;
  if (said >= least_threshold || from.broken.contains(threshold_path))
    return;
  wrong.push_back({from.of(threshold_path),
                   fmt::format("{} is {}", threshold_path, said),
                   fmt::format("a number from {} to 1: below, questions that "
                               "mean different things pass for the same",
                               least_threshold)});
}

/// That somebody is named who exists, and has vectors to give.
void check_embeddings(const settings& made, const origins& from,
                      problems& wrong) {
  auto& target = made.cache.semantic.embeddings;
  if (from.broken.contains(embeddings_path))
    return;
  if (target.empty()) {
    wrong.push_back({from.of(switch_path),
                     "cache.semantic is enabled without embeddings",
                     "cache.semantic.embeddings, \"dependency/model\""});
    wrong.back().code = errc::config_missing;
    return;
  }
  auto name = target.substr(0, target.find('/'));
  auto at = std::find_if(made.dependencies.begin(), made.dependencies.end(),
                         [&](auto& one) { return one.name == name; });
  if (at != made.dependencies.end() && embeds(*at))
    return;
  auto known = embedders(made);
  wrong.push_back(
    {from.of(embeddings_path),
     fmt::format("{} leads to {}, {}", embeddings_path, in_quotes(name),
                 at == made.dependencies.end() ? "which is no dependency"
                                               : "which makes no embeddings"),
     known.empty() ? "a dependency of a kind that makes embeddings"
                   : in_quotes(nearest(name, known)) + ", the nearest known"});
}

} // namespace

void check_semantic(const settings& made, const origins& from,
                    problems& wrong) {
  check_threshold(made, from, wrong);
  if (!made.cache.semantic.enabled)
    return;
  check_embeddings(made, from, wrong);
  if (!made.cache.enabled)
    wrong.push_back({from.of(switch_path),
                     "cache.semantic is enabled and cache.enabled is false",
                     "a cache that keeps the answers"});
}

} // namespace caisson::config
