#include "server/gateway/limit_desk.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/send.hpp>

#include "actors/dependency/compartment.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// A shard that has crashed is back by then.
constexpr millis restart_patience{40};
constexpr unsigned most_tries = 4;

std::string_view span_name(limit_type what) noexcept {
  switch (what) {
    case limit_type::hour:
      return "any hour";
    case limit_type::day:
    case limit_type::budget:
      return "any day";
    default:
      return "any minute";
  }
}

/// The number of a limit as people and programs read it.
std::string number_of(const standing& how) {
  if (how.what != limit_type::budget)
    return std::to_string(how.limit);
  std::array<char, 32> digits{};
  auto usd = static_cast<double>(how.limit) / nano_usd_in_one;
  auto [end, ec] = std::to_chars(digits.data(), digits.data() + 32, usd);
  return {digits.data(), end};
}

std::string sentence(const standing& how) {
  auto unit = how.what == limit_type::endpoint ? " requests of this kind in "
              : how.what == limit_type::tokens ? " tokens in "
              : how.what == limit_type::budget ? " USD in "
                                               : " requests in ";
  return "at most " + number_of(how) + unit + std::string{span_name(how.what)};
}

std::int64_t unix_time_in(duration wait) {
  auto then = std::chrono::system_clock::now().time_since_epoch() + wait;
  return std::chrono::ceil<std::chrono::seconds>(then).count();
}

} // namespace

/// Waits for the decision on one request, and is its reply guard.
class limit_desk::waiter final : public limit_reply {
public:
  waiter(limit_desk& desk, std::shared_ptr<requester> to, inquiry what)
    : desk_(desk), to_(std::move(to)), id_(to_->request().id),
      what_(std::move(what)) {}

  ~waiter() override {
    if (!to_)
      return;
    boost::asio::post(desk_.home_.context(),
                      [&desk = desk_, to = std::move(to_), id = id_,
                       what = std::move(what_)] { desk.lost(to, id, what); });
  }

  void decided(const standing& how) override {
    auto tell = [to = std::exchange(to_, nullptr), id = id_,
                 then = std::move(what_.then),
                 how] { then(*to, to->waits_for(id), how); };
    if (desk_.home_.here())
      tell();
    else
      boost::asio::post(desk_.home_.context(), std::move(tell));
  }

private:
  limit_desk& desk_;
  std::shared_ptr<requester> to_;
  std::uint64_t id_;
  inquiry what_;
};

limit_desk::limit_desk(io_thread& home, const tree& actors,
                       limit_control& control, metrics::registry& metrics)
  : home_(home), actors_(actors), control_(control), metrics_(metrics) {
  took_[0] = metrics.histogram(families::limiter_latency, {"memory"});
  took_[1] = metrics.histogram(families::limiter_latency, {"redis"});
  // From the start at 0: a rate cannot see the first step of a new series.
  auto& book = *control.rules()->book;
  for (std::size_t t = 0; t < tier_count; ++t)
    for (std::size_t e = 0; e < endpoint_count; ++e)
      for (auto& x :
           book.request(static_cast<tier>(t), static_cast<endpoint>(e)).all())
        exceeded(static_cast<tier>(t), static_cast<endpoint>(e), x.what);
}

// -- who ----------------------------------------------------------------------

visitor limit_desk::identify(const http::request_head& head,
                             const boost::asio::ip::address& peer) {
  auto rules = control_.rules();
  auto& tiers = rules->book->settings().tiers;
  visitor who;
  if (auto key = shown_key(head.fields);
      key && (!rules->keys.empty() || rules->refuses_strangers)) {
    if (auto* owner = rules->keys.find(*key)) {
      who.key = owner->who;
      who.level = owner->level;
      who.tokens = owner->tokens_per_minute.value_or(
        tiers.of(owner->level).tokens_per_minute);
      who.budget = owner->budget;
      who.known = true;
      return who;
    }
    who.refused = rules->refuses_strangers;
  }
  // A key that nobody knows is no name: whoever makes some up has no more.
  who.key = addresses_.name_of(
    client_part(client_address(peer, head.fields, rules->trusted)));
  who.tokens = tiers.anonymous.tokens_per_minute;
  return who;
}

// -- how often ----------------------------------------------------------------

charges limit_desk::of_request(requester& from) const {
  auto& request = from.request();
  return control_.rules()->book->request(request.who.level, request.counts_as);
}

void limit_desk::ask(requester& from) {
  auto what = of_request(from);
  if (what.empty()) {
    from.proceed();
    return;
  }
  auto then = [this, began = io_thread::now()](requester& to, bool waits,
                                               const standing& how) {
    if (waits)
      judge(to, how, began);
  };
  put(from.hold(), {what, then});
}

void limit_desk::look(requester& from) {
  auto what = of_request(from);
  if (what.empty()) {
    from.proceed();
    return;
  }
  auto then = [this](requester& to, bool waits, const standing& how) {
    if (!waits)
      return;
    tell(to, how);
    to.proceed();
  };
  put(from.hold(), {what.free(), then});
}

void limit_desk::tell(requester& to, const standing& how) {
  to.show({true, how.limit, how.remaining, unix_time_in(how.whole_in)});
}

void limit_desk::judge(requester& to, const standing& how, time_point began) {
  took_[static_cast<std::size_t>(how.source)].observe(io_thread::now() - began);
  control_.left(to.request().who.level, to.request().counts_as, how.remaining);
  tell(to, how);
  if (!over(to, how))
    to.proceed();
}

bool limit_desk::over(requester& to, const standing& how) {
  if (!how.exceeded)
    return false;
  auto who = to.request().who.level;
  exceeded(who, to.request().counts_as, how.what).add();
  if (control_.mode() != limit_mode::enforce)
    return false;
  auto code = how.what == limit_type::budget ? errc::quota_exceeded
                                             : errc::rate_limit_exceeded;
  auto why = make_fault(code, sentence(how));
  why.retry_after = std::chrono::ceil<millis>(how.retry_after);
  auto number = number_of(how);
  protocol::limit_notice notice{name_of(who), number};
  to.refuse(why, {}, 0, &notice);
  return true;
}

// -- how much -----------------------------------------------------------------

charges limit_desk::reservation(session& from, const demand& takes,
                                const limit_rules& rules) const {
  auto& who = from.request().who;
  charges result;
  if (!from.request().limited || (who.tokens == 0 && who.budget == 0))
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
  auto reserved = reservation(from, takes, *rules);
  if (reserved.empty()) {
    then(from, std::make_unique<chat_bill>(std::move(rules), actors_,
                                           std::nullopt, asked));
    return;
  }
  auto self = from.shared_from_this();
  auto decided = [this, rules, asked, reserved, then = std::move(then), self,
                  who = from.request().who](requester& to, bool waits,
                                            const standing& how) {
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
  put(self, {reserved, std::move(decided)});
}

// -- asking -------------------------------------------------------------------

void limit_desk::put(std::shared_ptr<requester> from, inquiry what) {
  auto& who = from->request().who;
  limit_question question{who.key, who.known, what.what, nullptr};
  question.to
    = std::make_shared<waiter>(*this, std::move(from), std::move(what));
  caf::anon_send(actors_.limiter_of(question.who), std::move(question));
}

void limit_desk::lost(std::shared_ptr<requester> to, std::uint64_t id,
                      inquiry what) {
  if (!to->waits_for(id))
    return;
  if (what.tries >= most_tries) {
    to->refuse(make_fault(errc::unexpected, "the request was lost"));
    return;
  }
  ++what.tries;
  auto timer = std::make_shared<boost::asio::steady_timer>(home_.context(),
                                                           restart_patience);
  timer->async_wait([this, timer, to = std::move(to), id,
                     what = std::move(what)](boost::system::error_code ec) {
    if (!ec && to->waits_for(id))
      put(to, what);
  });
}

metrics::counter& limit_desk::exceeded(tier who, endpoint where,
                                       limit_type what) {
  auto index = (static_cast<std::size_t>(who) * endpoint_count
                + static_cast<std::size_t>(where))
                 * types
               + static_cast<std::size_t>(what);
  auto& counter = exceeded_[index];
  if (!counter)
    counter = metrics_.counter(families::rate_limit_exceeded,
                               {std::string{name_of(who)},
                                std::string{name_of(where)},
                                std::string{name_of(what)}});
  return counter;
}

} // namespace caisson
