#include "server/gateway/limit_control.hpp"

#include <algorithm>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// Costs go on from where they were in the rules before.
void take_prices(limit_rules& to, const settings& with,
                 const limit_rules* before) {
  for (auto& x : with.prices) {
    auto slash = x.name.find('/');
    priced_model one{x.name.substr(0, slash), x.name.substr(slash + 1),
                     x.price};
    if (before)
      if (auto* known = before->price_of(one.provider, one.model))
        one.spent = known->spent;
    to.prices.push_back(std::move(one));
  }
}

std::shared_ptr<const limit_rules> rules_of(const settings& with,
                                            const limit_rules* before) {
  auto made = std::make_shared<limit_rules>();
  made->book = std::make_shared<const limit_book>(with.limits);
  made->keys = api_keys{with.api_keys};
  made->refuses_strangers = with.strangers == unknown_keys::refuse;
  made->trusted = trusted_proxies{with.http.trusted_proxies};
  take_prices(*made, with, before);
  return made;
}

} // namespace

const priced_model*
limit_rules::price_of(std::string_view provider,
                      std::string_view model) const noexcept {
  for (auto& x : prices)
    if (x.provider == provider && x.model == model)
      return &x;
  return nullptr;
}

limit_control::limit_control(const settings& with)
  : configured_(with.limits.mode), mode_(with.limits.mode),
    rules_(rules_of(with, nullptr)) {
  for (auto& tier : left_)
    for (auto& x : tier)
      x = nobody_yet;
}

void limit_control::apply(const settings& with) {
  std::lock_guard guard{lock_};
  rules_ = rules_of(with, rules_.load().get());
  if (with.limits.mode != configured_)
    mode_ = with.limits.mode;
  configured_ = with.limits.mode;
}

void limit_control::set_mode(limit_mode mode) {
  std::lock_guard guard{lock_};
  mode_ = mode;
}

void limit_control::left(tier who, endpoint where,
                         std::uint64_t remaining) noexcept {
  left_[static_cast<std::size_t>(who)][static_cast<std::size_t>(where)].store(
    remaining, std::memory_order_relaxed);
}

void limit_control::emit(const metrics::sink& out) const {
  auto rules = rules_.load();
  for (auto& x : rules->prices)
    out({&families::llm_cost,
         {x.provider, x.model},
         static_cast<double>(x.spent->load()) / nano_usd_in_one,
         {},
         0});
  for (std::size_t t = 0; t < tier_count; ++t)
    for (std::size_t e = 0; e < endpoint_count; ++e) {
      auto who = static_cast<tier>(t);
      auto where = static_cast<endpoint>(e);
      auto all = rules->book->request(who, where).all();
      if (all.empty())
        continue;
      auto seen = left_[t][e].load(std::memory_order_relaxed);
      // Before the first request: what that one would find.
      if (seen == nobody_yet)
        seen = std::min_element(all.begin(), all.end(), [](auto& a, auto& b) {
                 return a.of.most < b.of.most;
               })->of.most;
      out({&families::rate_limit_remaining,
           {std::string{name_of(who)}, std::string{name_of(where)}},
           static_cast<double>(seen),
           {},
           0});
    }
}

} // namespace caisson
