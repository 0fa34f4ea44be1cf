#include "server/mcp/answer_shelf.hpp"

#include "server/mcp/random_bytes.hpp"

namespace caisson {
namespace {

/// Not while the shelf is locked: they may want something of it.
void tell(const std::vector<std::function<void()>>& all) {
  for (auto& one : all)
    if (one)
      one();
}

} // namespace

std::uint64_t answer_shelf::begin(const key& who, time_point now) {
  // The last bit tells it from a stream of news.
  auto stream = random_number() | 1;
  waiting told;
  {
    std::lock_guard guard{lock_};
    name called{who, stream};
    all_.push_back({called,
                    {bounds_.events, bounds_.stream_bytes},
                    false,
                    time_point::max(),
                    {}});
    by_name_[called] = std::prev(all_.end());
    make_room(now, told);
  }
  tell(told);
  return stream;
}

std::string answer_shelf::add(const key& who, std::uint64_t stream,
                              std::string_view message, bool last,
                              time_point now) {
  std::string event;
  waiting told;
  {
    std::lock_guard guard{lock_};
    auto found = by_name_.find({who, stream});
    if (found == by_name_.end()) {
      protocol::mcp::append_event(event, message);
      return event;
    }
    auto& one = *found->second;
    protocol::mcp::append_event(event, message, id{stream, one.events.next()});
    bytes_ -= one.events.bytes();
    one.events.add(event, event.size());
    bytes_ += one.events.bytes();
    if (last) {
      one.over = true;
      one.until = now + bounds_.after_end;
    }
    told.push_back(one.more);
    make_room(now, told);
  }
  tell(told);
  return event;
}

const answer_shelf::kept* answer_shelf::find(const key& who,
                                             std::uint64_t stream) const {
  auto found = by_name_.find({who, stream});
  return found == by_name_.end() ? nullptr : &*found->second;
}

std::optional<answer_shelf::rest> answer_shelf::after(const key& who,
                                                      id last) const {
  std::lock_guard guard{lock_};
  auto* one = find(who, last.stream);
  auto events = one ? one->events.after(last.event) : std::nullopt;
  if (!events)
    return std::nullopt;
  return rest{std::move(*events), one->over};
}

bool answer_shelf::take_up(const key& who, std::uint64_t stream,
                           std::function<void()> more) {
  std::lock_guard guard{lock_};
  auto found = by_name_.find({who, stream});
  if (found == by_name_.end())
    return false;
  found->second->more = std::move(more);
  return true;
}

bool answer_shelf::taken_up(const key& who, std::uint64_t stream) const {
  std::lock_guard guard{lock_};
  auto* one = find(who, stream);
  return one && one->more;
}

void answer_shelf::drop(const key& who, std::uint64_t stream) {
  waiting told;
  {
    std::lock_guard guard{lock_};
    auto found = by_name_.find({who, stream});
    if (found != by_name_.end())
      remove(found->second, told);
  }
  tell(told);
}

void answer_shelf::drop(const key& who) {
  waiting told;
  {
    std::lock_guard guard{lock_};
    for (auto at = by_name_.lower_bound({who, 0});
         at != by_name_.end() && at->first.first == who;)
      remove((at++)->second, told);
  }
  tell(told);
}

std::size_t answer_shelf::bytes() const {
  std::lock_guard guard{lock_};
  return bytes_;
}

void answer_shelf::remove(shelf::iterator which, waiting& told) {
  bytes_ -= which->events.bytes();
  told.push_back(std::move(which->more));
  by_name_.erase(which->name);
  all_.erase(which);
}

/// Those that are over for long are mostly the oldest; if one is not, the ones
/// behind it wait with it, within the bounds.
void answer_shelf::make_room(time_point now, waiting& told) {
  while (!all_.empty()
         && (all_.front().until <= now || all_.size() > bounds_.streams
             || bytes_ > bounds_.bytes))
    remove(all_.begin(), told);
}

} // namespace caisson
