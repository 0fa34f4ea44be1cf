// What an answer may cost its caller: reserved before it, settled after it.
#include "server/gateway/limit_desk.hpp"

#include <algorithm>

#include "actors/dependency/compartment.hpp"

namespace caisson {

charges limit_desk::reservation(const account& whose, const demand& takes,
                                const limit_rules& rules) const {
  auto& who = whose.who;
  charges result;
  if (!whose.limited || (who.tokens == 0 && who.budget == 0))
    return result;
  auto wanted = takes.answer();
  // More than all of a minute's tokens is let in when nothing of them is used:
  // what it really takes is owed afterwards.
  if (who.tokens > 0)
    result.add({limit_type::tokens,
                slot_of(limit_type::tokens),
                {who.tokens, std::chrono::minutes{1}},
                std::min(who.tokens, takes.asked + wanted)});
  if (who.budget == 0)
    return result;
  nano_usd most = 0;
  if (auto route = actors_.routes()->find(takes.model))
    for (auto& x : route->targets)
      if (auto* price = rules.price_of(x.where->name(), x.model))
        most = std::max(most,
                        cost_of({takes.asked, wanted, 0, true}, price->price));
  result.add({limit_type::budget,
              slot_of(limit_type::budget),
              {who.budget, std::chrono::hours{24}},
              most});
  return result;
}

void limit_desk::bill(session& from, const demand& takes, billed then) {
  auto rules = control_.rules();
  auto asked = takes.asked;
  auto reserved
    = reservation({from.request().who, from.request().limited}, takes, *rules);
  if (reserved.empty()) {
    then(from, std::make_unique<chat_bill>(std::move(rules), actors_,
                                           std::nullopt, asked));
    return;
  }
  auto decided = [this, rules, asked, reserved, then = std::move(then),
                  self = from.shared_from_this(), who = from.request().who](
                   requester& to, bool waits, const standing& how) {
    std::optional<limit_settlement> owed;
    if (!how.exceeded)
      owed = limit_settlement{who.key, who.known,  reserved,
                              {},      how.source, how.spent_at};
    // Made in any case: dropped, it gives everything back.
    auto made
      = std::make_unique<chat_bill>(rules, actors_, std::move(owed), asked);
    if (waits && !over(to, how))
      then(*self, std::move(made));
  };
  put(from, reserved, std::move(decided));
}

void limit_desk::open(const account& whose, const demand& takes, opened then) {
  auto what = whose.limited ? control_.rules()->book->request(whose.who.level,
                                                              endpoint::llm)
                            : charges{};
  if (what.empty()) {
    reserve(whose, takes, std::move(then));
    return;
  }
  // What the demand looks at must live until then: whoever asks holds it.
  auto decided = [this, whose, takes, then](const standing& how) {
    if (auto why = over(whose.who, endpoint::llm, how))
      then(std::move(*why));
    else
      reserve(whose, takes, then);
  };
  put({whose.who.key, whose.who.known, what, [] { return true; },
       std::move(decided), [then](const fault& why) { then(why); }});
}

void limit_desk::reserve(const account& whose, const demand& takes,
                         opened then) {
  auto rules = control_.rules();
  auto asked = takes.asked;
  auto reserved = reservation(whose, takes, *rules);
  if (reserved.empty()) {
    then(std::make_unique<chat_bill>(std::move(rules), actors_, std::nullopt,
                                     asked));
    return;
  }
  auto decided
    = [this, rules, asked, reserved, then, who = whose.who](auto& how) {
        std::optional<limit_settlement> owed;
        if (!how.exceeded)
          owed = limit_settlement{who.key, who.known,  reserved,
                                  {},      how.source, how.spent_at};
        // Made in any case: dropped, it gives everything back.
        auto made
          = std::make_unique<chat_bill>(rules, actors_, std::move(owed), asked);
        if (auto why = over(who, endpoint::llm, how))
          then(std::move(*why));
        else
          then(std::move(made));
      };
  put({whose.who.key, whose.who.known, reserved, [] { return true; },
       std::move(decided), [then](const fault& why) { then(why); }});
}

} // namespace caisson
