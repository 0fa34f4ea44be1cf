#include "server/redis/server.hpp"

#include <random>

#include <boost/asio/post.hpp>

#include "server/io/io_thread.hpp"
#include "server/redis/command.hpp"
#include "server/redis/complaint.hpp"

namespace caisson::redis {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_waiting = 65'536;

std::string command(const std::vector<std::string_view>& words) {
  std::string wire;
  append_command(wire, words);
  return wire;
}

bool is_master(const kv_value& role) {
  auto* list = role.list();
  auto* word = list && !list->empty() ? list->front().text() : nullptr;
  return word && *word == "master";
}

} // namespace

server::server(access_ptr with, std::shared_ptr<finder> where, role wanted)
  : access_{std::move(with)}, finder_{std::move(where)}, wanted_{wanted},
    timer_{access_->io.get_executor()}, random_{std::random_device{}()} {
  pauses_.base = millis{50};
  pauses_.cap = millis{2'000};
  pauses_.jitter = jitter_kind::decorrelated;
}

server::~server() {
  ++opening_;
  if (dial_)
    dial_->cancel();
}

void server::ask(asker_ptr who, time_point by) {
  if (link_ && phase_ == phase::open) {
    if (!link_->ask(who))
      refuse(who, make_fault(errc::redis_unavailable, failure_kind::overloaded,
                             "the shared store is owed too much"));
    return;
  }
  if (phase_ == phase::idle) {
    if (io_thread::now() < not_before_)
      return refuse(who, last_);
    // Not only for whoever asks first: one with a short deadline must not keep
    // a slow handshake from ever being done.
    begin(std::max(by, io_thread::now() + access_->patience));
  }
  if (waiting_.size() >= most_waiting)
    return refuse(who,
                  make_fault(errc::redis_unavailable, failure_kind::overloaded,
                             "too many wait for the shared store"));
  waiting_.push_back(std::move(who));
}

void server::refuse(const asker_ptr& who, const fault& why) {
  asio::post(access_->io, [who, why] { who->heard(why); });
}

// -- opening ------------------------------------------------------------------

void server::begin(time_point by) {
  phase_ = phase::finding;
  auto number = ++opening_;
  timer_.expires_at(by);
  timer_.async_wait([weak = weak_from_this(), number](auto ec) {
    auto self = weak.lock();
    if (!ec && self && self->opening_ == number && self->phase_ != phase::open)
      self->fail(make_fault(errc::redis_timeout, failure_kind::connect_timeout,
                            "the shared store took no connection in time"));
  });
  // Posted: whoever asked is not in the queue yet.
  asio::post(access_->io, [weak = weak_from_this(), number, by] {
    auto self = weak.lock();
    if (!self || self->opening_ != number)
      return;
    self->finder_->find(by, [weak, number, by](auto found) {
      auto that = weak.lock();
      if (!that || that->opening_ != number)
        return;
      if (found)
        that->dial_up(std::move(*found), by);
      else
        that->fail(found.error());
    });
  });
}

void server::dial_up(upstream::origin found, time_point by) {
  phase_ = phase::dialling;
  where_ = std::move(found);
  where_.tls = access_->tls != nullptr;
  auto site = std::make_shared<upstream::site>(access_->io, where_,
                                               access_->names, access_->tls);
  dial_ = upstream::dial::start(
    std::move(site), by,
    [weak = weak_from_this(), number = opening_](auto made) {
      auto self = weak.lock();
      if (!self || self->opening_ != number) {
        if (made)
          (*made)->close();
        return;
      }
      self->dial_ = nullptr;
      if (made)
        self->greet(std::move(*made));
      else
        self->fail(unreachable(made.error()));
    });
}

void server::greet(std::shared_ptr<upstream::connection> with) {
  phase_ = phase::greeting;
  link_ = std::make_shared<link>(std::move(with), access_->bounds);
  link_->on_broken
    = [weak = weak_from_this(), number = opening_](const fault& why) {
        auto self = weak.lock();
        if (self && self->opening_ == number)
          self->fail(why);
      };
  link_->open();
  auto& who = *access_;
  if (!who.password.empty() && who.user.empty())
    expect(command({"AUTH", who.password}), who.lenient, false);
  else if (!who.password.empty())
    expect(command({"AUTH", who.user, who.password}), who.lenient, false);
  if (who.database != 0)
    expect(command({"SELECT", std::to_string(who.database)}), false, false);
  if (wanted_ == role::master)
    expect(command({"ROLE"}), false, false);
  // Who may do nothing but this is not turned away for it.
  expect(command({"CLIENT", "SETNAME", who.client_name}), true, true);
}

void server::expect(std::string wire, bool may_fail, bool last) {
  link_->ask(std::make_shared<plain_asker>(
    std::move(wire),
    [weak = weak_from_this(), number = opening_, may_fail, last](auto what) {
      auto self = weak.lock();
      if (self && self->opening_ == number && self->phase_ == phase::greeting)
        self->greeted(std::move(what), may_fail, last);
    }));
}

void server::greeted(result<kv_value> what, bool may_fail, bool last) {
  // Why the link broke is told once, by itself.
  if (!what)
    return;
  if (auto* error = std::get_if<kv_value::error>(&what->is)) {
    auto why = fault_of(error->text);
    // Whatever it is that AUTH and SELECT complain of, the node is not let in.
    if (why.kind == failure_kind::refused)
      why.kind = failure_kind::credentials;
    // With NOAUTH for its name, a server without AUTH says so to all the rest.
    if (!may_fail || sort_of(error->text) == "NOAUTH"
        || why.kind == failure_kind::overloaded)
      return fail(why);
  } else if (what->list() && !is_master(*what)) {
    return fail(make_fault(errc::redis_unavailable, failure_kind::connect,
                           "the shared store has no master"));
  }
  if (last)
    opened();
}

void server::opened() {
  phase_ = phase::open;
  timer_.cancel();
  greetings_ = link_->replies();
  if (on_open)
    on_open(*link_);
  auto all = std::exchange(waiting_, {});
  for (auto& who : all)
    if (who->waits())
      ask(std::move(who), {});
}

// -- failing ------------------------------------------------------------------

void server::retire(const fault& why) {
  if (phase_ != phase::open)
    return;
  auto old = std::exchange(link_, nullptr);
  old->on_broken = nullptr;
  pause(why);
  if (leaving_)
    leaving_->close(why);
  leaving_ = std::move(old);
  leaving_->retire();
}

void server::fail(const fault& why) {
  auto self = shared_from_this();
  auto answered = phase_ == phase::open && link_->replies() > greetings_;
  auto old = std::exchange(link_, nullptr);
  if (old)
    old->on_broken = nullptr;
  if (auto dial = std::exchange(dial_, nullptr))
    dial->cancel();
  pause(why);
  if (answered) {
    failures_ = 0;
    last_pause_ = millis{0};
    not_before_ = {};
  }
  if (old)
    old->close(why);
  auto all = std::exchange(waiting_, {});
  for (auto& who : all)
    who->heard(why);
}

void server::pause(const fault& why) {
  ++opening_;
  phase_ = phase::idle;
  timer_.cancel();
  last_ = why;
  last_pause_ = backoff_delay(pauses_, ++failures_, last_pause_, random_);
  not_before_ = io_thread::now() + last_pause_;
  if (on_lost)
    on_lost(why);
}

} // namespace caisson::redis
