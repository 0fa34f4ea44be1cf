#include "actors/cache/fault_form.hpp"

#include <cstdint>

#include "actors/cache/number_word.hpp"

namespace caisson {

std::string stored_fault(const fault& why) {
  auto wait = why.retry_after ? why.retry_after->count() : -1;
  return std::to_string(static_cast<int>(why.code)) + ' '
         + std::to_string(static_cast<int>(why.kind)) + ' '
         + std::to_string(wait) + ' ' + why.detail;
}

fault read_fault(std::string_view from) {
  auto code = take_number<std::int64_t>(from);
  auto kind = code ? take_number<std::int64_t>(from) : std::nullopt;
  auto wait = kind ? take_number<std::int64_t>(from) : std::nullopt;
  if (!wait || *code < 0 || *code >= static_cast<std::int64_t>(errc_count)
      || *kind < 0 || *kind >= static_cast<std::int64_t>(failure_kind_count))
    return make_fault(errc::llm_error, "an equal request failed");
  auto why = make_fault(static_cast<errc>(*code),
                        static_cast<failure_kind>(*kind), std::string{from});
  if (*wait >= 0)
    why.retry_after = std::chrono::milliseconds{*wait};
  return why;
}

} // namespace caisson
