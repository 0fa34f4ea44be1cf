#include "protocol/mcp/result_bound.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/spilled.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

/// So much of a text that was kept is shown at once.
constexpr std::uint64_t longest_beginning = 1'024;

bj::object text_block(std::string_view text) {
  return {{"type", "text"}, {"text", text}};
}

std::string refusal(std::size_t size, std::uint64_t most) {
  bj::object said;
  said["content"] = bj::array{
    text_block("The result was left out: it has " + std::to_string(size)
               + " bytes, and at most " + std::to_string(most)
               + " are passed on. Ask for less.")};
  said["isError"] = true;
  return bj::serialize(said);
}

/// The beginning of a text, no character cut in two.
std::string_view beginning(std::string_view text, std::size_t size) noexcept {
  if (size >= text.size())
    return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  return text.substr(0, size);
}

/// Takes a block as far as there is room, which it takes up.
std::optional<bj::value> fitted(const bj::value& block, std::uint64_t& room) {
  const auto size = bj::serialize(block).size();
  if (size <= room) {
    room -= size;
    return block;
  }
  const auto* const object = block.if_object();
  const auto* const text = object ? object->if_contains("text") : nullptr;
  if (!text || !text->is_string() || room == 0)
    return std::nullopt;
  auto cut = *object;
  cut["text"]
    = beginning(std::string_view{text->get_string()}, std::exchange(room, 0));
  return cut;
}

/// The whole of a result that is cut to its bound.
void cut(bj::object& result, std::size_t size, std::uint64_t most) {
  bj::array kept;
  auto room = most;
  for (const auto& block : result["content"].as_array())
    if (auto fit = fitted(block, room))
      kept.push_back(std::move(*fit));
  kept.push_back(text_block("The rest was left out: the result has "
                            + std::to_string(size) + " bytes, and "
                            + std::to_string(most) + " are passed on."));
  result["content"] = std::move(kept);
}

/// The one text that a result is; nullptr where there is more to it.
const bj::string* only_text(const bj::object& result) {
  const auto& content = result.at("content").as_array();
  const auto* const block
    = content.size() == 1 ? content.front().if_object() : nullptr;
  const auto* const text = block ? block->if_contains("text") : nullptr;
  const auto* const type = block ? block->if_contains("type") : nullptr;
  return text && type && *type == "text" ? text->if_string() : nullptr;
}

std::string where_to_read(const kept_result& at, std::size_t size,
                          std::uint64_t most) {
  auto said = "The result has " + std::to_string(size) + " bytes, and at most "
              + std::to_string(most) + " are passed on. All of it can be read "
              + "for " + std::to_string(at.lasts.count())
              + " s as the resource " + spill_uri(at.id);
  if (at.parts > 1)
    said += " in " + std::to_string(at.parts) + " parts, the last of which is "
            + spill_uri(at.id, at.parts);
  return said + '.';
}

bj::object link_to(const kept_result& at, std::string_view media,
                   std::size_t size) {
  return {{"type", "resource_link"},
          {"uri", spill_uri(at.id)},
          {"name", "result"},
          {"title", "The whole result"},
          {"description", "What the tool has said, kept for a while."},
          {"mimeType", media},
          {"size", size}};
}

/// Keeps it, and puts into its place where it is read. False: it is as it was.
bool spill(bj::object& result, std::string_view whole, std::uint64_t most,
           const result_keeper& keeper) {
  if (!keeper.keep)
    return false;
  const auto* const only = only_text(result);
  const std::string_view text = only ? std::string_view{*only} : whole;
  const std::string_view media = only ? "text/plain" : "application/json";
  const auto at = keeper.keep(std::string{text}, media, most);
  if (!at)
    return false;
  bj::array told;
  told.push_back(text_block(where_to_read(*at, whole.size(), most)));
  if (keeper.links)
    told.push_back(link_to(*at, media, text.size()));
  if (only)
    told.push_back(text_block(
      "It begins: "
      + std::string{beginning(text, std::min(most / 4, longest_beginning))}));
  result["content"] = std::move(told);
  return true;
}

} // namespace

std::optional<bounded_result> bound_result(std::string_view result,
                                           const mcp_server_settings& rules,
                                           const result_keeper& keeper) {
  const auto most = rules.max_result;
  if (result.size() <= most)
    return std::nullopt;
  bj::error_code failed;
  bj::parse_options options;
  options.max_depth = json::max_depth;
  auto read = bj::parse(result, failed, {}, options);
  auto* const object = failed ? nullptr : read.if_object();
  auto* const content = object ? object->if_contains("content") : nullptr;
  if (rules.on_large_result == large_result::error || !content
      || !content->is_array())
    return bounded_result{refusal(result.size(), most), large_result::error};
  auto how = rules.on_large_result;
  if (how == large_result::truncate || !spill(*object, result, most, keeper)) {
    how = large_result::truncate;
    cut(*object, result.size(), most);
  }
  object->erase("structuredContent");
  return bounded_result{bj::serialize(read), how};
}

} // namespace caisson::protocol::mcp
