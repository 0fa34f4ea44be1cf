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

/// A shard that has crashed is mostly back by then; else twice as long, and so
/// on, 126 ms in all.
constexpr millis restart_patience{2};
constexpr unsigned most_tries = 7;

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
              : how.what == limit_type::tool   ? " calls of this tool in "
              : how.what == limit_type::budget ? " USD in "
                                               : " requests in ";
  return "at most " + number_of(how) + unit + std::string{span_name(how.what)};
}

std::int64_t unix_time_in(duration wait) {
  auto then = std::chrono::system_clock::now().time_since_epoch() + wait;
  return std::chrono::ceil<std::chrono::seconds>(then).count();
}

} // namespace

/// Waits for one decision, and is the guard of who waits for it.
class limit_desk::waiter final : public limit_reply {
public:
  waiter(limit_desk& desk, inquiry what)
    : desk_(desk), what_(std::move(what)) {}

  ~waiter() override {
    if (!decided_)
      boost::asio::post(desk_.home_.context(),
                        [&desk = desk_, what = std::move(what_)]() mutable {
                          desk.lost(std::move(what));
                        });
  }

  void decided(const standing& how) override {
    decided_ = true;
    auto tell = [then = std::move(what_.then), how] { then(how); };
    if (desk_.home_.here())
      tell();
    else
      boost::asio::post(desk_.home_.context(), std::move(tell));
  }

private:
  limit_desk& desk_;
  inquiry what_;
  bool decided_ = false;
};

limit_desk::limit_desk(io_thread& home, const tree& actors, surroundings around,
                       metrics::registry& metrics)
  : home_(home), actors_(actors), control_(around.control),
    features_(around.features), revoked_(around.revoked), metrics_(metrics) {
  for (std::size_t i = 0; i < limit_source_count; ++i)
    took_[i]
      = metrics.histogram(families::limiter_latency,
                          {std::string{name_of(static_cast<limit_source>(i))}});
  // From the start at 0: a rate cannot see the first step of a new series.
  auto& book = *control_.rules()->book;
  for (std::size_t t = 0; t < tier_count; ++t)
    for (std::size_t e = 0; e < endpoint_count; ++e)
      for (auto& x :
           book.request(static_cast<tier>(t), static_cast<endpoint>(e)).all())
        exceeded(static_cast<tier>(t), static_cast<endpoint>(e), x.what);
  if (!book.settings().tools.empty())
    for (std::size_t t = 0; t < tier_count; ++t)
      exceeded(static_cast<tier>(t), endpoint::read, limit_type::tool);
}

// -- who ----------------------------------------------------------------------

visitor limit_desk::identify(const http::request_head& head,
                             const boost::asio::ip::address& peer) {
  auto rules = control_.rules();
  visitor who;
  if (auto key = shown_key(head.fields);
      key
      && (!rules->keys.empty() || rules->refuses_strangers || revoked_.any()))
    who = known_by_key(*key, *rules);
  if (!who.known) {
    // A key that nobody knows is no name: whoever makes some up has no more.
    who.key = addresses_.name_of(
      client_part(client_address(peer, head.fields, rules->trusted)));
    who.tokens = rules->book->settings().tiers.anonymous.tokens_per_minute;
  }
  if (!features_.whole())
    who.features = features_.of(who.key.low);
  return who;
}

/// What the key alone says of whoever shows it.
visitor limit_desk::known_by_key(std::string_view key,
                                 const limit_rules& rules) const {
  visitor who;
  who.key_shown = protocol::sha256_of(key);
  who.revoked = revoked_.holds(who.key_shown);
  auto* owner = who.revoked ? nullptr : rules.keys.find(who.key_shown);
  if (!owner) {
    who.refused = who.revoked || rules.refuses_strangers;
    return who;
  }
  who.key = owner->who;
  who.level = owner->level;
  who.tokens = owner->tokens_per_minute.value_or(
    rules.book->settings().tiers.of(owner->level).tokens_per_minute);
  who.budget = owner->budget;
  who.known = true;
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
  put(from, what, then);
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
  put(from, what.free(), then);
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

std::optional<fault> limit_desk::over(const visitor& who, endpoint where,
                                      const standing& how) {
  if (!how.exceeded)
    return std::nullopt;
  exceeded(who.level, where, how.what).add();
  if (control_.mode() != limit_mode::enforce)
    return std::nullopt;
  auto code = how.what == limit_type::budget ? errc::quota_exceeded
                                             : errc::rate_limit_exceeded;
  auto why = make_fault(code, sentence(how));
  why.retry_after = std::chrono::ceil<millis>(how.retry_after);
  return why;
}

bool limit_desk::over(requester& to, const standing& how) {
  auto& who = to.request().who;
  auto why = over(who, to.request().counts_as, how);
  if (!why)
    return false;
  auto number = number_of(how);
  protocol::limit_notice notice{name_of(who.level), number};
  to.refuse(*why, {}, 0, &notice);
  return true;
}

// -- asking -------------------------------------------------------------------

void limit_desk::put(requester& from, charges what, heard then) {
  auto& who = from.request().who;
  auto waits
    = [to = from.hold(), id = from.request().id] { return to->waits_for(id); };
  auto tell = [to = from.hold(), waits, then = std::move(then)](
                const standing& how) { then(*to, waits(), how); };
  auto refuse = [to = from.hold()](const fault& why) { to->refuse(why); };
  put({who.key, who.known, what, waits, std::move(tell), std::move(refuse)});
}

void limit_desk::put(inquiry what) {
  limit_question question{what.who, what.known, what.what, nullptr};
  question.to = std::make_shared<waiter>(*this, std::move(what));
  caf::anon_send(actors_.limiter_of(question.who), std::move(question));
}

void limit_desk::lost(inquiry what) {
  if (!what.waits())
    return;
  if (what.tries >= most_tries) {
    what.give_up(make_fault(errc::unexpected, "the request was lost"));
    return;
  }
  auto wait = restart_patience * (1u << (what.tries - 1));
  ++what.tries;
  auto timer
    = std::make_shared<boost::asio::steady_timer>(home_.context(), wait);
  timer->async_wait(
    [this, timer, what = std::move(what)](boost::system::error_code ec) {
      if (!ec && what.waits())
        put(what);
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
