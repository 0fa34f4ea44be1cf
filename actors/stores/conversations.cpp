#include "actors/stores/conversations.hpp"

namespace caisson {

bytes answer_of(conversation_answer_ptr what) {
  return {{}, std::move(what)};
}

conversation_answer_ptr conversation_answer_in(const bytes& answer) {
  return std::static_pointer_cast<const conversation_answer>(answer.owner);
}

} // namespace caisson
