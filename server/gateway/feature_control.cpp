#include "server/gateway/feature_control.hpp"

#include <algorithm>
#include <charconv>

#include "actors/telemetry/families.hpp"

namespace caisson {

std::string word_of(const rollout& how) {
  return (how.enabled ? "on " : "off ") + std::to_string(how.percent);
}

std::optional<rollout> rollout_of(std::string_view word) noexcept {
  rollout out;
  out.enabled = word.starts_with("on ");
  if (!out.enabled && !word.starts_with("off "))
    return std::nullopt;
  word.remove_prefix(out.enabled ? 3 : 4);
  auto [end, ec]
    = std::from_chars(word.data(), word.data() + word.size(), out.percent);
  auto whole = ec == std::errc{} && end == word.data() + word.size();
  return whole && out.percent <= 100 ? std::optional{out} : std::nullopt;
}

feature_control::feature_control(const features_settings& with)
  : configured_(with) {
  for (auto which : every_feature)
    set(which, with.of(which));
}

std::atomic<rollout>& feature_control::at(feature which) noexcept {
  return now_[static_cast<std::size_t>(which)];
}

void feature_control::apply(const features_settings& with) {
  for (auto which : every_feature)
    if (with.of(which) != configured_.of(which))
      set(which, with.of(which));
  configured_ = with;
}

void feature_control::set(feature which, const rollout& how) {
  std::lock_guard guard{lock_};
  at(which) = how;
  whole_ = std::all_of(now_.begin(), now_.end(),
                       [](auto& x) { return x.load().whole(); });
}

rollout feature_control::now(feature which) const noexcept {
  return now_[static_cast<std::size_t>(which)];
}

feature_set feature_control::of(std::uint64_t caller) const noexcept {
  feature_set all;
  for (auto which : every_feature)
    if (!reaches(now(which), which, caller))
      all.take_away(which);
  return all;
}

void feature_control::emit(const metrics::sink& out) const {
  for (auto which : every_feature) {
    auto how = now(which);
    out({&families::feature_share,
         {std::string{name_of(which)}},
         how.enabled ? how.percent / 100.0 : 0,
         {},
         0});
  }
}

} // namespace caisson
