#include "protocol/mcp/federation.hpp"

#include "protocol/mcp/offered_name.hpp"
#include "protocol/mcp/uri_template.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::size_t at(offer_kind of) noexcept {
  return static_cast<std::size_t>(of);
}

} // namespace

federation::federation(
  catalogue own, std::vector<std::shared_ptr<const server_offers>> servers)
  : all_{std::move(own)}, servers_{std::move(servers)} {
  const auto keep = [this](offer_kind of, const auto& offers) {
    for (const auto& one : offers)
      places_[at(of)].emplace(one.name, std::nullopt);
  };
  keep(offer_kind::tool, all_.tools);
  keep(offer_kind::prompt, all_.prompts);
  keep(offer_kind::resource, all_.resources);
  keep(offer_kind::pattern, all_.templates);
  for (std::size_t i = 0; i < servers_.size(); ++i)
    take(i);
}

void federation::take(std::size_t number) {
  const auto& from = *servers_[number];
  for (const auto& one : from.lists[at(offer_kind::tool)])
    if (from.rules.tools.passes(one.name))
      take_named(offer_kind::tool, number, one);
  for (const auto& one : from.lists[at(offer_kind::prompt)])
    take_named(offer_kind::prompt, number, one);
  for (const auto of : {offer_kind::resource, offer_kind::pattern})
    for (const auto& one : from.lists[at(of)])
      take_addressed(of, number, one);
}

void federation::take_named(offer_kind of, std::size_t number,
                            const upstream_offer& what) {
  const auto& from = *servers_[number];
  auto& known = places_[at(of)];
  auto name = from.rules.prefix == name_prefix::always
                ? prefixed(from.name, what.name)
                : bounded(what.name);
  if (from.rules.prefix == name_prefix::on_collision && known.contains(name))
    name = prefixed(from.name, what.name);
  if (!known.emplace(name, place{number, &what}).second)
    return;
  auto definition = name == what.name ? what.definition : renamed(what, name);
  if (of == offer_kind::prompt)
    all_.prompts.push_back({std::move(name), std::move(definition)});
  else
    all_.tools.push_back({std::move(name), what.title, what.description,
                          from.name, std::move(definition)});
}

void federation::take_addressed(offer_kind of, std::size_t number,
                                const upstream_offer& what) {
  if (!places_[at(of)].emplace(what.name, place{number, &what}).second)
    return;
  auto& list = of == offer_kind::resource ? all_.resources : all_.templates;
  list.push_back({what.name, what.definition});
}

std::optional<federation::place> federation::find(offer_kind of,
                                                  std::string_view name) const {
  const auto& known = places_[at(of)];
  const auto found = known.find(name);
  return found == known.end() ? std::nullopt : found->second;
}

std::optional<federation::place>
federation::reader(std::string_view uri) const {
  const auto& listed_ones = places_[at(offer_kind::resource)];
  if (const auto found = listed_ones.find(uri); found != listed_ones.end())
    return found->second;
  for (const auto& one : all_.templates)
    if (fits(uri, one.name))
      return find(offer_kind::pattern, one.name);
  return std::nullopt;
}

} // namespace caisson::protocol::mcp
