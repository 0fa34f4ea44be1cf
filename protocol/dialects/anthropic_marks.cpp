#include "protocol/dialects/anthropic_marks.hpp"

namespace caisson::protocol {
namespace {

/// 1024 tokens, by the rule of thumb of four bytes for one. Some models want
/// more; a mark too early there costs nothing, it is not heeded.
constexpr std::size_t worth_keeping = 4 * 1024;

/// An image costs by its size in pixels, not in bytes: about that of a page.
constexpr std::size_t image_size = 4 * 1024;

struct size_of_part {
  std::size_t operator()(const text_part& x) const { return x.text.size(); }
  std::size_t operator()(const refusal_part& x) const { return x.text.size(); }
  std::size_t operator()(const image_part&) const { return image_size; }
  std::size_t operator()(const tool_call_part& x) const {
    return x.name.size() + x.arguments.size();
  }
  std::size_t operator()(const tool_result_part& x) const {
    return x.content.size();
  }
};

bool by_model(const turn& from) {
  return from.who == speaker::assistant;
}

/// How many turns stand before the newest that the model has not answered.
std::size_t history_of(const std::vector<turn>& turns) {
  auto end = turns.size();
  while (end > 0 && by_model(turns[end - 1]))
    --end; // what the answer is to begin with
  while (end > 0 && !by_model(turns[end - 1]))
    --end;
  return end;
}

} // namespace

cache_marks marks_of(const conversation& words) {
  cache_marks marks;
  std::size_t size = 0;
  for (const auto& tool : words.tools)
    size += tool.name.size() + tool.description.size() + tool.parameters.size();
  marks.tools = !words.tools.empty() && size >= worth_keeping;
  size += words.system.size();
  marks.system = !words.system.empty() && size >= worth_keeping;
  const auto history = history_of(words.turns);
  for (std::size_t at = 0; at < history; ++at)
    for (const auto& item : words.turns[at].parts)
      size += std::visit(size_of_part{}, item);
  if (history > 0 && size >= worth_keeping
      && !words.turns[history - 1].parts.empty())
    marks.turn = history - 1;
  return marks;
}

} // namespace caisson::protocol
