#include "actors/stores/key_value.hpp"

namespace caisson {

bytes answer_of(kv_value_ptr what) {
  return {{}, std::move(what)};
}

kv_value_ptr value_in(const bytes& answer) {
  return std::static_pointer_cast<const kv_value>(answer.owner);
}

} // namespace caisson
