#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/call.hpp"

namespace caisson {

/// Values that their owners fetch later, if at all, each by a name: bounded by
/// their number and bytes, and kept for a time.
///
///   - nobody finds what is another's, whatever name he says;
///   - where there is no room, whoever has most of what is short, the new value
///     counted, loses his oldest: one who keeps much takes nothing from those
///     who keep little;
///   - an owner's only value is taken in any case, if it is not too large for
///     all: then whoever has most of the others makes room.
///
/// Names are chosen by whoever puts, and no two are the same. `Value` is cheap
/// to copy, as a shared pointer is. Putting looks at every owner.
template <class Value>
class spill_store {
public:
  struct bounds {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    duration ttl{};
  };

  explicit spill_store(bounds most) : most_(most) {}

  /// Takes a value of so many bytes. False: it alone is too large.
  bool put(const std::string& owner, std::string name, Value value,
           std::size_t weight, time_point now) {
    expire(now);
    if (most_.entries == 0 || weight > most_.bytes)
      return false;
    while (entries_ >= most_.entries)
      drop_of_most(owner, 1, [](const holder& x) { return x.held.size(); });
    while (bytes_ + weight > most_.bytes)
      drop_of_most(owner, weight, [](const holder& x) { return x.weighs; });
    auto& to = owners_[owner];
    to.held.push_back(
      {std::move(name), std::move(value), weight, now + most_.ttl});
    to.weighs += weight;
    bytes_ += weight;
    ++entries_;
    return true;
  }

  std::optional<Value> get(const std::string& owner, std::string_view name,
                           time_point now) const {
    auto of = owners_.find(owner);
    if (of == owners_.end())
      return std::nullopt;
    auto& held = of->second.held;
    auto one = std::find_if(held.begin(), held.end(),
                            [=](auto& x) { return x.name == name; });
    if (one == held.end() || now >= one->until)
      return std::nullopt;
    return one->value;
  }

  /// Lets go of what is past its time.
  void expire(time_point now) {
    for (auto at = owners_.begin(); at != owners_.end();) {
      auto of = at++;
      for (auto one = of->second.held.begin(); one != of->second.held.end();) {
        auto next = std::next(one);
        if (now >= one->until && drop(of, one))
          break;
        one = next;
      }
    }
  }

  /// For what is put from now on.
  void set_bounds(bounds most) noexcept { most_ = most; }

  std::size_t entries() const noexcept { return entries_; }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  struct entry {
    std::string name;
    Value value;
    std::size_t weight;
    time_point until;
  };

  struct holder {
    std::list<entry> held; ///< the oldest first
    std::size_t weighs = 0;
  };

  using owners = std::map<std::string, holder, std::less<>>;

  /// Drops the oldest of whoever has most, `adding` counted for `owner`.
  template <class Measure>
  void drop_of_most(const std::string& owner, std::size_t adding,
                    Measure measure) {
    auto much = [&](auto& x) {
      return measure(x.second) + (x.first == owner ? adding : 0);
    };
    auto most
      = std::max_element(owners_.begin(), owners_.end(),
                         [&](auto& a, auto& b) { return much(a) < much(b); });
    drop(most, most->second.held.begin());
  }

  /// True: its owner has nothing left, and is forgotten.
  bool drop(typename owners::iterator of,
            typename std::list<entry>::iterator one) {
    of->second.weighs -= one->weight;
    bytes_ -= one->weight;
    --entries_;
    of->second.held.erase(one);
    auto last = of->second.held.empty();
    if (last)
      owners_.erase(of);
    return last;
  }

  bounds most_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
  owners owners_;
};

} // namespace caisson
