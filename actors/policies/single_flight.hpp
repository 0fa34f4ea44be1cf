#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/call.hpp"

namespace caisson {

/// Equal questions at once are one (law C2). The first to ask opens a flight;
/// whoever asks the same while it is in the air waits. One of them is sent to
/// fetch the answer, the leader, and holds a lease: what the leader brings is
/// for all, and a leader that is lost, or whose lease is over, is replaced by
/// the next of those who wait. Each leader has a number, so that what an
/// earlier one brings late changes nothing.
///
///             join                lead                    land
///   nothing ───────► waiting ───────────────► led ───────────────► nothing
///                       ▲   the first of the   │ lost, lease over
///                       └──── queue leads ─────┘ (nobody waits: nothing)
///
/// `Waiter` is what is known of one who waits; movable.
template <class Waiter>
class single_flight {
public:
  /// True: this opens the flight, and somebody has to see to it.
  bool join(std::string_view key, Waiter who) {
    auto [at, fresh] = flights_.try_emplace(std::string{key});
    at->second.waiting.push_back(std::move(who));
    return fresh;
  }

  struct leader {
    Waiter who;
    std::uint64_t number;
  };

  /// Sends the first who waits to fetch; `lease_of` says until when. Nothing,
  /// and the flight is over: nobody waits. Nothing also where one is led.
  template <class Lease>
  std::optional<leader> lead(std::string_view key, Lease lease_of) {
    auto at = flights_.find(std::string{key});
    if (at == flights_.end() || at->second.number != 0)
      return std::nullopt;
    auto& flight = at->second;
    if (flight.waiting.empty()) {
      flights_.erase(at);
      return std::nullopt;
    }
    flight.number = ++last_;
    flight.lease_end = lease_of(flight.waiting.front());
    leader next{std::move(flight.waiting.front()), flight.number};
    flight.waiting.pop_front();
    return next;
  }

  /// Whether that leader leads still.
  bool led_by(std::string_view key, std::uint64_t number) const {
    auto at = flights_.find(std::string{key});
    return at != flights_.end() && number != 0 && at->second.number == number;
  }

  /// Whether there is a flight that nobody leads.
  bool leaderless(std::string_view key) const {
    auto at = flights_.find(std::string{key});
    return at != flights_.end() && at->second.number == 0;
  }

  bool flies(std::string_view key) const {
    return flights_.contains(std::string{key});
  }

  /// The flight is over: all who wait, to be told.
  std::vector<Waiter> land(std::string_view key) {
    auto at = flights_.find(std::string{key});
    if (at == flights_.end())
      return {};
    std::vector<Waiter> all{std::make_move_iterator(at->second.waiting.begin()),
                            std::make_move_iterator(at->second.waiting.end())};
    flights_.erase(at);
    return all;
  }

  /// That leader is lost. True: others wait, and nobody leads them.
  bool lost(std::string_view key, std::uint64_t number) {
    if (!led_by(key, number))
      return false;
    auto at = flights_.find(std::string{key});
    at->second.number = 0;
    if (!at->second.waiting.empty())
      return true;
    flights_.erase(at);
    return false;
  }

  /// The keys whose leaders' leases are over; those are lost from now on.
  std::vector<std::string> expire(time_point now) {
    std::vector<std::pair<std::string, std::uint64_t>> late;
    for (auto& [key, flight] : flights_)
      if (flight.number != 0 && now >= flight.lease_end)
        late.emplace_back(key, flight.number);
    std::vector<std::string> orphaned;
    for (auto& [key, number] : late)
      if (lost(key, number))
        orphaned.push_back(key);
    return orphaned;
  }

  /// Takes out whoever `gone` says so of, and hands them over. A flight that
  /// nobody leads and nobody waits for is over.
  template <class Gone>
  std::vector<Waiter> withdraw(Gone gone) {
    std::vector<Waiter> out;
    for (auto at = flights_.begin(); at != flights_.end();) {
      take(at->second, gone, out);
      auto over = at->second.waiting.empty() && at->second.number == 0;
      at = over ? flights_.erase(at) : std::next(at);
    }
    return out;
  }

  /// Takes those out of one flight of whom `which` says so, and hands them
  /// over; the flight stays, whoever is left.
  template <class Which>
  std::vector<Waiter> take(std::string_view key, Which which) {
    std::vector<Waiter> out;
    auto at = flights_.find(std::string{key});
    if (at != flights_.end())
      take(at->second, which, out);
    return out;
  }

  /// Calls `tell` for each who waits for a key, the leader not being one.
  template <class Tell>
  void each_waiting(std::string_view key, Tell tell) const {
    auto at = flights_.find(std::string{key});
    if (at != flights_.end())
      for (auto& who : at->second.waiting)
        tell(who);
  }

  /// Those who wait for a key.
  std::size_t waiting(std::string_view key) const {
    auto at = flights_.find(std::string{key});
    return at == flights_.end() ? 0 : at->second.waiting.size();
  }

  std::size_t size() const noexcept { return flights_.size(); }

private:
  struct flight {
    std::uint64_t number = 0; ///< of the leader; 0: none
    time_point lease_end{};
    std::deque<Waiter> waiting;
  };

  template <class Which>
  static void take(flight& from, Which& which, std::vector<Waiter>& to) {
    for (auto one = from.waiting.begin(); one != from.waiting.end();) {
      if (!which(*one)) {
        ++one;
        continue;
      }
      to.push_back(std::move(*one));
      one = from.waiting.erase(one);
    }
  }

  std::uint64_t last_ = 0;
  std::unordered_map<std::string, flight> flights_;
};

} // namespace caisson
