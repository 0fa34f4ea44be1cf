#include "protocol/mcp/upstream_offers.hpp"

#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::protocol::mcp {
namespace {

bool hinted(std::string_view annotations, std::string_view hint) {
  return member_of(annotations, hint) == "true";
}

std::string_view name_member(offer_kind of) noexcept {
  return of == offer_kind::resource  ? "uri"
         : of == offer_kind::pattern ? "uriTemplate"
                                     : "name";
}

/// Nothing for an element that cannot be offered.
std::optional<upstream_offer> read_one(offer_kind of, std::string_view from) {
  auto name = text_of(from, name_member(of));
  if (!name || name->empty())
    return std::nullopt;
  upstream_offer made;
  made.name = std::move(*name);
  made.title = text_of(from, "title").value_or("");
  made.description = text_of(from, "description").value_or("");
  made.definition = from;
  if (of != offer_kind::tool)
    return made;
  const auto schema = member_of(from, "inputSchema");
  if (!schema.starts_with('{'))
    return std::nullopt;
  auto mirrored = mirrored_arguments(schema);
  if (!mirrored)
    return std::nullopt;
  made.mirrored = std::move(*mirrored);
  const auto hints = member_of(from, "annotations");
  made.repeatable
    = hinted(hints, "readOnlyHint") || hinted(hints, "idempotentHint");
  return made;
}

} // namespace

std::string_view list_method(offer_kind of) noexcept {
  constexpr std::string_view names[]{
    "tools/list", "prompts/list", "resources/list", "resources/templates/list"};
  return names[static_cast<std::size_t>(of)];
}

std::string_view list_member(offer_kind of) noexcept {
  constexpr std::string_view names[]{"tools", "prompts", "resources",
                                     "resourceTemplates"};
  return names[static_cast<std::size_t>(of)];
}

std::optional<offer_page> read_offers(offer_kind of, std::string_view result) {
  const auto list = member_of(result, list_member(of));
  if (!list.starts_with('['))
    return std::nullopt;
  offer_page page;
  for (const auto one : elements_of(list))
    if (page.offers.size() < most_offers)
      if (auto made = read_one(of, one))
        page.offers.push_back(std::move(*made));
  if (auto next = text_of(result, "nextCursor"); next && !next->empty())
    page.next = std::move(next);
  return page;
}

std::string renamed(const upstream_offer& what, std::string_view name) {
  auto text = what.definition;
  text.reserve(text.size() + json::padding);
  std::string fresh;
  json::append_string(fresh, name);
  return with_member(text, "name", fresh);
}

} // namespace caisson::protocol::mcp
