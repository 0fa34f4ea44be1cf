#include "actors/limits/quota.hpp"

#include <algorithm>

namespace caisson {

namespace {

constexpr duration longest_span = std::chrono::hours{24};
constexpr duration shortest_span = std::chrono::seconds{1};
// Of config, and of money in billionths; sums of them stay far from the edge.
constexpr std::uint64_t greatest_amount = std::uint64_t{1} << 56;
constexpr std::size_t longest_past = 512; ///< portions of one line

} // namespace

std::uint64_t length_of(duration x) noexcept {
  auto out = std::chrono::ceil<std::chrono::microseconds>(x).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(out, 0));
}

duration length_in(std::uint64_t x) noexcept {
  auto most = length_of(longest_span);
  return std::chrono::microseconds{
    static_cast<std::int64_t>(std::min(x, most))};
}

std::vector<quota_line> quota_lines(const charges& what) {
  std::vector<quota_line> out;
  for (auto& x : what.all())
    out.push_back({static_cast<std::uint8_t>(x.what), x.slot, x.of.most,
                   length_of(x.of.span), x.cost});
  return out;
}

std::optional<charges> charges_in(const std::vector<quota_line>& lines) {
  if (lines.empty() || lines.size() > charges::capacity)
    return std::nullopt;
  charges out;
  for (auto& x : lines) {
    auto sound = x.what <= static_cast<std::uint8_t>(limit_type::tool)
                 && x.slot < limit_slots && x.most > 0
                 && x.most <= greatest_amount && x.cost <= greatest_amount
                 && x.span >= length_of(shortest_span)
                 && x.span <= length_of(longest_span);
    auto slots = slots_of(out);
    if (!sound || slots[x.slot])
      return std::nullopt;
    out.add({static_cast<limit_type>(x.what),
             x.slot,
             {x.most, length_in(x.span)},
             x.cost});
  }
  return out;
}

std::optional<std::array<std::uint64_t, charges::capacity>>
used_in(const quota_change& from, const charges& what) {
  std::array<std::uint64_t, charges::capacity> out{};
  if (from.used.size() != what.size())
    return std::nullopt;
  for (std::size_t i = 0; i < what.size(); ++i) {
    if (from.used[i] > greatest_amount)
      return std::nullopt;
    out[i] = from.used[i];
  }
  return out;
}

void add_past(quota_question& to, std::size_t line,
              std::span<const portion> spent, time_point now) {
  to.told = static_cast<std::uint8_t>(to.told | 1u << line);
  for (auto& x : spent)
    to.past.push_back(
      {static_cast<std::uint8_t>(line), x.count, length_of(now - x.last)});
}

std::vector<portion> past_in(const quota_question& from, std::size_t line,
                             time_point now) {
  std::vector<portion> out;
  std::uint64_t sum = 0;
  for (auto& x : from.past) {
    if (x.line != line || x.count > greatest_amount - sum
        || out.size() >= longest_past)
      continue;
    sum += x.count;
    out.push_back({x.count, now - length_in(x.age)});
  }
  std::sort(out.begin(), out.end(),
            [](auto& a, auto& b) { return a.last < b.last; });
  return out;
}

quota_answer answer_of(const standing& how, std::uint32_t units) {
  quota_answer out;
  out.verdict = static_cast<std::uint8_t>(
    how.exceeded ? quota_verdict::refused : quota_verdict::granted);
  out.units = units;
  out.what = static_cast<std::uint8_t>(how.what);
  out.limit = how.limit;
  out.remaining = how.remaining;
  out.whole_in = length_of(how.whole_in);
  out.retry_after = length_of(how.retry_after);
  return out;
}

std::optional<standing> standing_in(const quota_answer& said,
                                    std::uint32_t asked) {
  auto refused
    = said.verdict == static_cast<std::uint8_t>(quota_verdict::refused);
  auto granted
    = said.verdict == static_cast<std::uint8_t>(quota_verdict::granted);
  if (said.version != quota_version || !(refused || granted)
      || said.what > static_cast<std::uint8_t>(limit_type::tool)
      || (granted && (said.units == 0 || said.units > asked))
      || said.limit > greatest_amount)
    return std::nullopt;
  standing out;
  out.exceeded = refused;
  out.limited = true;
  out.what = static_cast<limit_type>(said.what);
  out.limit = said.limit;
  out.remaining = std::min(said.remaining, said.limit);
  out.whole_in = length_in(said.whole_in);
  out.retry_after = length_in(said.retry_after);
  out.source = limit_source::cluster;
  return out;
}

quota_answer noted() {
  quota_answer out;
  out.verdict = static_cast<std::uint8_t>(quota_verdict::noted);
  return out;
}

bool is_noted(const quota_answer& said) {
  return said.version == quota_version
         && said.verdict == static_cast<std::uint8_t>(quota_verdict::noted);
}

} // namespace caisson
