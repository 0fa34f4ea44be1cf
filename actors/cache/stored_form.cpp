#include "actors/cache/stored_form.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "actors/cache/number_word.hpp"

namespace caisson {
namespace {

constexpr std::string_view version = "1 ";
constexpr std::size_t sum_at = stale_field_at + stale_field_size + 1;
constexpr std::size_t sum_size = 16;
constexpr std::size_t rest_at = sum_at + sum_size + 1;

/// FNV-1a: finds what is cut off or overwritten; nobody is kept from forging
/// it, who may write to the store.
std::uint64_t sum_of(std::string_view text) noexcept {
  std::uint64_t sum = 14'695'981'039'346'656'037u;
  for (auto c : text)
    sum = (sum ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  return sum;
}

std::string padded(std::uint64_t number, int base, std::size_t width) {
  std::array<char, 24> digits{};
  auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), number, base)
        .ptr;
  std::string out{digits.data(), end};
  return std::string(width - std::min(width, out.size()), '0') + out;
}

} // namespace

std::string stored_form(const cached_value& what, millis stale_for) {
  auto rest = std::to_string(what.tokens) + ' '
              + std::to_string(what.source.size()) + ' '
              + std::to_string(what.model.size()) + ' ';
  rest.reserve(rest.size() + what.source.size() + what.model.size()
               + what.data.size());
  ((rest += what.source) += what.model) += what.data;
  std::string out{version};
  out.reserve(rest_at + rest.size());
  out += padded(static_cast<std::uint64_t>(stale_for.count()), 10,
                stale_field_size);
  (out += ' ') += padded(sum_of(rest), 16, sum_size);
  (out += ' ') += rest;
  return out;
}

cached_ptr read_stored(std::string_view from) {
  if (!from.starts_with(version) || from.size() < rest_at)
    return nullptr;
  auto rest = from.substr(rest_at);
  if (from.substr(sum_at, sum_size) != padded(sum_of(rest), 16, sum_size))
    return nullptr;
  auto tokens = take_number<std::uint64_t>(rest);
  auto source = tokens ? take_number<std::uint64_t>(rest) : std::nullopt;
  auto model = source ? take_number<std::uint64_t>(rest) : std::nullopt;
  if (!model || *source > rest.size() || *model > rest.size() - *source)
    return nullptr;
  auto value = std::make_shared<cached_value>();
  value->tokens = *tokens;
  value->source = rest.substr(0, *source);
  value->model = rest.substr(*source, *model);
  value->data = rest.substr(*source + *model);
  return value;
}

} // namespace caisson
