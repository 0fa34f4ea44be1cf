#include "server/gateway/limit_desk.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/send.hpp>

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

std::string sentence(const standing& how) {
  auto unit = how.what == limit_type::endpoint ? " requests of this kind in "
              : how.what == limit_type::tokens ? " tokens in "
                                               : " requests in ";
  return "at most " + std::to_string(how.limit) + unit
         + std::string{span_name(how.what)};
}

std::int64_t unix_time_in(duration wait) {
  auto then = std::chrono::system_clock::now().time_since_epoch() + wait;
  return std::chrono::ceil<std::chrono::seconds>(then).count();
}

} // namespace

/// Waits for the decision on one request, and is its reply guard.
class limit_desk::waiter final : public limit_reply {
public:
  waiter(limit_desk& desk, std::shared_ptr<session> to, time_point began,
         unsigned tries)
    : desk_(desk), to_(std::move(to)), id_(to_->request().id), began_(began),
      tries_(tries) {}

  ~waiter() override {
    if (!to_)
      return;
    boost::asio::post(desk_.home_.context(),
                      [&desk = desk_, to = std::move(to_), id = id_,
                       began = began_,
                       tries = tries_] { desk.lost(to, id, began, tries); });
  }

  void decided(const standing& how) override {
    auto tell = [&desk = desk_, to = std::exchange(to_, nullptr), id = id_,
                 began = began_, how] {
      if (to->waits_for(id))
        desk.tell(*to, how, began);
    };
    if (desk_.home_.here())
      tell();
    else
      boost::asio::post(desk_.home_.context(), std::move(tell));
  }

private:
  limit_desk& desk_;
  std::shared_ptr<session> to_;
  std::uint64_t id_;
  time_point began_;
  unsigned tries_;
};

limit_desk::limit_desk(io_thread& home, const tree& actors,
                       limit_control& control, metrics::registry& metrics)
  : home_(home), actors_(actors), control_(control), metrics_(metrics) {
  took_[0] = metrics.histogram(families::limiter_latency, {"memory"});
  // From the start at 0: a rate cannot see the first step of a new series.
  auto& book = *control.rules()->book;
  for (std::size_t t = 0; t < tier_count; ++t)
    for (std::size_t e = 0; e < endpoint_count; ++e)
      for (auto& x :
           book.request(static_cast<tier>(t), static_cast<endpoint>(e)).all())
        exceeded(static_cast<tier>(t), static_cast<endpoint>(e), x.what);
}

visitor limit_desk::identify(const http::request_head& head,
                             const boost::asio::ip::address& peer) {
  auto rules = control_.rules();
  visitor who;
  if (auto key = shown_key(head.fields);
      key && (!rules->keys.empty() || rules->refuses_strangers)) {
    if (auto* owner = rules->keys.find(*key))
      return {owner->who, owner->level, true, false};
    who.refused = rules->refuses_strangers;
  }
  // A key that nobody knows is no name: whoever makes some up has no more.
  who.key = limit_key_of(
    "address:"
    + client_part(client_address(peer, head.fields, rules->trusted)));
  return who;
}

void limit_desk::ask(session& from) {
  put(from.shared_from_this(), io_thread::now(), 1);
}

void limit_desk::put(std::shared_ptr<session> from, time_point began,
                     unsigned tries) {
  auto& request = from->request();
  auto& what = control_.rules()->book->request(request.who.level,
                                               *request.where->limited);
  if (what.empty()) {
    from->proceed();
    return;
  }
  auto who = request.who;
  caf::anon_send(actors_.limiter_of(who.key),
                 limit_question{who.key, who.known, what,
                                std::make_shared<waiter>(*this, std::move(from),
                                                         began, tries)});
}

void limit_desk::tell(session& to, const standing& how, time_point began) {
  took_[static_cast<std::size_t>(how.source)].observe(io_thread::now() - began);
  auto who = to.request().who.level;
  auto where = *to.request().where->limited;
  control_.left(who, where, how.remaining);
  to.show({true, how.limit, how.remaining, unix_time_in(how.whole_in)});
  if (how.exceeded)
    exceeded(who, where, how.what).add();
  if (how.exceeded && control_.mode() == limit_mode::enforce)
    refuse(to, how);
  else
    to.proceed();
}

void limit_desk::refuse(session& to, const standing& how) {
  auto why = make_fault(errc::rate_limit_exceeded, sentence(how));
  why.retry_after = std::chrono::ceil<millis>(how.retry_after);
  protocol::limit_notice notice{name_of(to.request().who.level), how.limit};
  to.refuse(why, {}, 0, &notice);
}

void limit_desk::lost(std::shared_ptr<session> to, std::uint64_t id,
                      time_point began, unsigned tries) {
  if (!to->waits_for(id))
    return;
  if (tries >= most_tries) {
    to->refuse(make_fault(errc::unexpected, "the request was lost"));
    return;
  }
  auto timer = std::make_shared<boost::asio::steady_timer>(home_.context(),
                                                           restart_patience);
  timer->async_wait(
    [this, timer, to, id, began, tries](boost::system::error_code ec) {
      if (!ec && to->waits_for(id))
        put(to, began, tries + 1);
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
