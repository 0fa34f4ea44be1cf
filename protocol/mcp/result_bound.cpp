#include "protocol/mcp/result_bound.hpp"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/json/strict.hpp"

namespace caisson::protocol::mcp {
namespace {

namespace bj = boost::json;

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

} // namespace

std::optional<std::string> bounded_result(std::string_view result,
                                          const mcp_server_settings& rules) {
  if (result.size() <= rules.max_result)
    return std::nullopt;
  bj::error_code failed;
  bj::parse_options options;
  options.max_depth = json::max_depth;
  auto read = bj::parse(result, failed, {}, options);
  auto* const object = failed ? nullptr : read.if_object();
  auto* const content = object ? object->if_contains("content") : nullptr;
  if (rules.on_large_result == large_result::error || !content
      || !content->is_array())
    return refusal(result.size(), rules.max_result);
  bj::array kept;
  auto room = rules.max_result;
  for (const auto& block : content->get_array())
    if (auto fit = fitted(block, room))
      kept.push_back(std::move(*fit));
  kept.push_back(text_block(
    "The rest was left out: the result has " + std::to_string(result.size())
    + " bytes, and " + std::to_string(rules.max_result) + " are passed on."));
  *content = std::move(kept);
  object->erase("structuredContent");
  return bj::serialize(read);
}

} // namespace caisson::protocol::mcp
