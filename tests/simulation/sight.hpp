#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/type_erased_tuple.hpp>

#include "actors/dependency/compartment.hpp"
#include "actors/supervision/census.hpp"
#include "actors/tree.hpp"
#include "tests/simulation/scenario.hpp"

/// What can be seen of a node from outside: what its clients hear, what its
/// dependencies are asked, what its compartments publish, which messages its
/// actors take. Laws look at this and at nothing else.
namespace caisson::simulation {

/// Somebody is behind a message for so long at most, in all, before everybody
/// has come to rest.
inline constexpr millis longest_lag{20};
/// Actors look at the clock this often.
inline constexpr millis sweep{20};
/// What was to happen by now has, with any schedule: behind a message that was
/// late comes a sweep that is late.
inline constexpr millis slack = 2 * longest_lag + sweep + millis{5};

struct seen_attempt;
struct seen_place;

struct seen_request {
  enum class end : std::uint8_t { none, answered, ended, failed, guarded };

  std::uint64_t id = 0;
  call_ptr what;
  time_point asked{};
  std::size_t thread = 0;
  std::optional<time_point> left;

  /// What the client was told.
  seen_request::end how = end::none;
  std::uint32_t finals = 0;
  bool begun = false;
  bool out_of_turn = false; ///< a word came where none may
  std::string body;
  fault why;
  std::string from;
  std::uint32_t attempts_told = 0;
  time_point answered{};

  std::vector<seen_attempt*> attempts;
};

struct seen_attempt {
  std::uint32_t id = 0;
  seen_request* of = nullptr;
  seen_place* at = nullptr;
  std::string model;
  std::string so_far;
  time_point began{};
  std::optional<breaker_permit> permit; ///< where a message brought one
  std::uint16_t slot = 0; ///< which breaker of its place judges it
  caf::actor_id worker = 0;

  bool running = true;
  time_point ended{};
  bool orphan = false; ///< its supervisor has ended: it will end too
  std::string said;    ///< the pieces, or the whole
  bool complete = false;
  std::optional<fault> failed;
};

struct seen_place {
  struct version {
    time_point since;
    dependency_settings settings;
  };

  std::uint32_t number = 0;
  std::string name;
  std::string address;
  compartment_ptr where;
  std::vector<version> versions;
  std::optional<time_point> removed; ///< it left the config
  /// The mode that an operator or a reload gave it last.
  breaker_mode mode = breaker_mode::automatic;
  /// With what the latest port of each I/O thread was made.
  std::vector<dependency_settings> ports;
  std::uint32_t lives = 0;   ///< of its supervisor
  std::uint32_t running = 0; ///< attempts
  std::vector<seen_attempt*> attempts;

  /// The largest value of a setting that may be in force at some time since
  /// then: a reload takes a moment to reach everybody.
  template <class Read>
  auto most(time_point since, Read read) const {
    auto result = read(versions.back().settings);
    for (std::size_t i = 0; i + 1 < versions.size(); ++i)
      if (versions[i + 1].since + slack >= since)
        result = std::max(result, read(versions[i].settings));
    return result;
  }

  template <class Read>
  auto least(time_point since, Read read) const {
    auto result = read(versions.back().settings);
    for (std::size_t i = 0; i + 1 < versions.size(); ++i)
      if (versions[i + 1].since + slack >= since)
        result = std::min(result, read(versions[i].settings));
    return result;
  }
};

struct seen_actor {
  enum class kind : std::uint8_t {
    other,
    supervisor,
    dependency,
    worker,
    front_end,
    cache,
    limiter,
    semantic,
    agent,
  };

  caf::actor_id id = 0;
  std::uint32_t number = 0; ///< in the order of birth
  seen_actor::kind what = kind::other;
  caf::actor_id parent = 0;
  caf::actor_addr address;
  record_ptr record; ///< its place in the tree, once it has moved in
  seen_place* at = nullptr;
  bool ran = false;
  bool alive = true;

  /// One of the node's: by its name or, so that a new kind is seen, as it has
  /// moved in somewhere. CAF's own have no place.
  bool resident() const noexcept { return record || what != kind::other; }
};

/// An actor takes a message; a new one moves in first, and may find none.
struct taking {
  const seen_actor* who = nullptr;
  bool birth = false;
  const caf::type_erased_tuple* content = nullptr; ///< gone once it is taken

  template <class T>
  const T* as() const {
    return content && content->match_elements<T>() ? &content->get_as<T>(0)
                                                   : nullptr;
  }
};

struct sight {
  /// Look at what is known not to hold, too (README.md).
  bool strict = false;
  time_point now{};
  std::uint64_t step = 0;
  const caisson::tree* tree = nullptr;
  std::size_t threads = 0;

  std::deque<seen_request> requests;
  std::vector<seen_request*> open; ///< not answered yet
  std::deque<seen_attempt> attempts;
  std::vector<seen_attempt*> running;
  std::deque<seen_place> places;
  std::unordered_map<caf::actor_id, seen_actor*> who;
  std::deque<seen_actor> actors;
  std::vector<const seen_actor*> born; ///< in this step
  std::vector<bool> ends;              ///< of the tree; true: it gave up
  time_point last_death{};             ///< of any actor
  bool stopping = false;
  /// Actors on the node's list, beside those of CAF itself.
  std::size_t registered = 0;

  seen_actor* actor(caf::actor_id id) {
    auto at = who.find(id);
    return at == who.end() ? nullptr : at->second;
  }

  std::optional<breaker_permit> permit; ///< brought by the present message
  caf::actor_id present = 0;            ///< who takes it

  struct breach {
    std::string law;
    std::string how;
  };

  std::optional<breach> broken;

  void breaks(std::string_view law, std::string how) {
    if (!broken)
      broken = breach{std::string{law}, std::move(how)};
  }
};

} // namespace caisson::simulation
