#include "server/redis/subscription.hpp"

#include <boost/asio/post.hpp>

#include "actors/telemetry/families.hpp"
#include "server/io/io_thread.hpp"
#include "server/redis/address.hpp"
#include "server/redis/command.hpp"
#include "server/redis/complaint.hpp"
#include "server/redis/sentinels.hpp"

namespace caisson::redis {
namespace {

constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::seconds sign_every{1};
constexpr std::chrono::seconds longest_silence{3};

// What one announcement may cost.
constexpr reply_bounds announcement_bounds{64 * 1024, 16};

/// One host after the other.
class in_turn final : public finder {
public:
  explicit in_turn(std::vector<upstream::origin> hosts)
    : hosts_{std::move(hosts)} {}
  void find(time_point, handler then) override {
    then(hosts_[next_++ % hosts_.size()]);
  }

private:
  std::vector<upstream::origin> hosts_;
  std::size_t next_ = 0;
};

server_ptr open(const address& where, access_ptr with) {
  if (where.how != address::form::sentinel)
    return std::make_shared<server>(std::move(with),
                                    std::make_shared<in_turn>(where.hosts));
  auto watch = std::make_shared<sentinels>(with, where.hosts, where.master);
  return std::make_shared<server>(std::move(with), std::move(watch),
                                  role::master);
}

access_ptr bounded(access with) {
  with.database = 0; // channels are in none
  with.bounds.reply = announcement_bounds;
  return std::make_shared<const access>(std::move(with));
}

} // namespace

subscription::subscription(const address& where, access with, std::string name,
                           metrics::registry& home, journal& log)
  : access_{bounded(std::move(with))}, server_{open(where, access_)},
    name_{std::move(name)},
    announcements_{home.counter(families::announcements, {name_, "heard"})},
    gaps_{home.counter(families::announcements, {name_, "gap"})},
    garbage_{home.counter(families::announcements, {name_, "garbage"})},
    log_{log}, timer_{access_->io.get_executor()} {}

void subscription::hear(std::string channel,
                        std::weak_ptr<announcement_listener> who) {
  boost::asio::post(access_->io, [self = shared_from_this(),
                                  channel = std::move(channel),
                                  who = std::move(who)]() mutable {
    auto& all = self->channels_[channel];
    std::erase_if(all, [](auto& one) { return one.expired(); });
    all.push_back(std::move(who));
    auto open = self->link_.lock();
    if (self->listens_ && open) {
      std::string wire;
      append_command(wire, {"SUBSCRIBE", channel});
      open->say(wire);
    } else {
      // What is asked for already may not hold this channel: all over again.
      self->asked_ = false;
      self->subscribe();
    }
    self->tick();
  });
}

void subscription::subscribe() {
  if (asked_ || channels_.empty())
    return;
  asked_ = true;
  std::vector<std::string_view> words{"SUBSCRIBE"};
  for (auto& [channel, who] : channels_)
    words.push_back(channel);
  std::string wire;
  append_command(wire, words);
  server_->on_open = [weak = weak_from_this()](link& made) {
    auto self = weak.lock();
    if (!self)
      return;
    self->link_ = made.weak_from_this();
    self->heard_ = io_thread::now();
    made.on_push = [weak](const kv_value& what) {
      if (auto that = weak.lock())
        that->pushed(what);
    };
  };
  server_->on_lost = [weak = weak_from_this()](const fault& why) {
    if (auto self = weak.lock())
      self->lost(why);
  };
  server_->ask(
    std::make_shared<plain_asker>(std::move(wire),
                                  [weak = weak_from_this()](auto what) {
                                    if (auto self = weak.lock())
                                      self->subscribed(what);
                                  }),
    {});
}

/// The confirmation of the first channel; those of the others are pushed.
void subscription::subscribed(const result<kv_value>& what) {
  if (!what) {
    asked_ = false;
    return;
  }
  if (auto* error = std::get_if<kv_value::error>(&what->is)) {
    asked_ = false;
    server_->retire(fault_of(error->text));
    return;
  }
  if (!std::exchange(listens_, true))
    log_.note(severity::info, "subscription", name_ + " is listened to");
  complained_ = false;
  pushed(*what);
}

void subscription::pushed(const kv_value& what) {
  heard_ = io_thread::now();
  if (!understood(what))
    garbage_.add();
}

bool subscription::understood(const kv_value& what) {
  auto* list = what.list();
  auto* sort = list && !list->empty() ? list->front().text() : nullptr;
  if (!sort)
    return false;
  if (*sort == "pong")
    return true;
  auto* channel = list->size() == 3 ? (*list)[1].text() : nullptr;
  if (!channel || !channels_.contains(*channel))
    return false;
  if (*sort == "subscribe") {
    gaps_.add();
    tell(*channel, [](auto& who) { who.gap(); });
    return true;
  }
  auto* text = (*list)[2].text();
  if (*sort != "message" || !text || text->size() > announcement_bounds.size)
    return false;
  announcements_.add();
  tell(*channel, [&](auto& who) { who.announced(*channel, *text); });
  return true;
}

template <class Tell>
void subscription::tell(std::string_view channel, Tell word) {
  // A listener may start or end another one: a copy.
  auto all = channels_.find(channel)->second;
  for (auto& one : all)
    if (auto who = one.lock())
      word(*who);
}

void subscription::lost(const fault& why) {
  if (why.kind == failure_kind::decode || why.kind == failure_kind::too_large)
    garbage_.add();
  listens_ = asked_ = false;
  link_.reset();
  if (!std::exchange(complained_, true))
    log_.note(severity::warning, "subscription",
              name_ + " cannot be listened to: " + why.detail);
}

// -- time ---------------------------------------------------------------------

void subscription::tick() {
  if (std::exchange(ticking_, true))
    return;
  timer_.expires_after(look_every);
  timer_.async_wait([weak = weak_from_this()](auto ec) {
    auto self = weak.lock();
    if (ec || !self)
      return;
    self->ticking_ = false;
    self->look();
    self->tick();
  });
}

/// The pauses of a server that is down are the server's own.
void subscription::look() {
  auto open = link_.lock();
  if (!listens_ || !open)
    return subscribe();
  auto silent = io_thread::now() - heard_;
  if (silent > longest_silence) {
    auto why = make_fault(errc::redis_timeout, failure_kind::idle_timeout,
                          "the shared store fell silent");
    server_->retire(why);
  } else if (silent > sign_every) {
    std::string wire;
    append_command(wire, {"PING"});
    open->say(wire);
  }
}

} // namespace caisson::redis
