#include "actors/agent/ports.hpp"

namespace caisson {

bytes answer_of(std::shared_ptr<const tool_words> what) {
  return {{}, std::move(what)};
}

std::shared_ptr<const tool_words> tool_words_in(const bytes& answer) {
  return std::static_pointer_cast<const tool_words>(answer.owner);
}

} // namespace caisson
