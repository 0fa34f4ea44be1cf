#include "server/redis/sentinels.hpp"

#include <algorithm>

#include "server/io/io_thread.hpp"
#include "server/redis/address.hpp"
#include "server/redis/command.hpp"

namespace caisson::redis {
namespace {

/// Sentinels have no databases, and one without a password says so of AUTH.
access_ptr as_asked(access_ptr of) {
  auto made = std::make_shared<access>(*of);
  made->database = 0;
  made->lenient = true;
  return made;
}

/// [host, port] as a sentinel gives them.
std::optional<upstream::origin> origin_in(const kv_value& reply) {
  auto* list = reply.list();
  if (!list || list->size() != 2)
    return std::nullopt;
  auto* host = (*list)[0].text();
  auto* port = (*list)[1].text();
  if (!host || !port)
    return std::nullopt;
  return origin_of(*host, *port);
}

} // namespace

sentinels::sentinels(access_ptr with,
                     const std::vector<upstream::origin>& hosts,
                     std::string master)
  : access_{as_asked(std::move(with))}, timer_{access_->io.get_executor()} {
  for (auto& host : hosts)
    all_.push_back(
      std::make_shared<server>(access_, std::make_shared<fixed>(host)));
  append_command(wire_, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master});
}

void sentinels::find(time_point by, handler then) {
  by_ = by;
  then_ = std::move(then);
  next_ = 0;
  ask_next();
}

void sentinels::ask_next() {
  auto number = ++question_;
  if (next_ == all_.size()) {
    timer_.cancel();
    auto then = std::exchange(then_, nullptr);
    return then(make_fault(errc::redis_unavailable, failure_kind::connect,
                           "no sentinel names a master of the shared store"));
  }
  auto share = (by_ - io_thread::now()) / static_cast<int>(all_.size() - next_);
  auto until = io_thread::now() + std::max<duration>(share, millis{1});
  timer_.expires_at(until);
  timer_.async_wait([weak = weak_from_this(), number](auto ec) {
    auto self = weak.lock();
    if (!ec && self && self->question_ == number) {
      ++self->next_;
      self->ask_next();
    }
  });
  all_[next_]->ask(std::make_shared<plain_asker>(
                     wire_,
                     [weak = weak_from_this(), number](auto what) {
                       auto self = weak.lock();
                       if (self && self->question_ == number && self->then_)
                         self->heard(what);
                     }),
                   until);
}

void sentinels::heard(const result<kv_value>& what) {
  auto found = what ? origin_in(*what) : std::nullopt;
  if (!found) {
    ++next_;
    return ask_next();
  }
  ++question_;
  timer_.cancel();
  std::rotate(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(next_),
              all_.begin() + static_cast<std::ptrdiff_t>(next_) + 1);
  auto then = std::exchange(then_, nullptr);
  then(std::move(*found));
}

} // namespace caisson::redis
