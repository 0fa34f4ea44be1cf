#include "actors/cache/fault_form.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace caisson {

std::string stored_fault(const fault& why) {
  auto wait = why.retry_after ? why.retry_after->count() : -1;
  return std::to_string(static_cast<int>(why.code)) + ' '
         + std::to_string(static_cast<int>(why.kind)) + ' '
         + std::to_string(wait) + ' ' + why.detail;
}

namespace {

std::optional<std::int64_t> take_number(std::string_view& from) {
  std::int64_t number = 0;
  auto [end, ec]
    = std::from_chars(from.data(), from.data() + from.size(), number);
  if (ec != std::errc{} || end == from.data() + from.size() || *end != ' ')
    return std::nullopt;
  from.remove_prefix(static_cast<std::size_t>(end - from.data()) + 1);
  return number;
}

} // namespace

fault read_fault(std::string_view from) {
  auto code = take_number(from);
  auto kind = code ? take_number(from) : std::nullopt;
  auto wait = kind ? take_number(from) : std::nullopt;
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
