#pragma once

#include <string>

#include "actors/cache/far_side.hpp"
#include "actors/cache/tape.hpp"
#include "actors/cache/value.hpp"
#include "actors/fault.hpp"

namespace caisson {

/// Another node that waits for what this one fetches. It hears how it ends,
/// once: whatever loses this object, its destructor says so.
class far_listener {
public:
  far_listener(const far_side& from, const flight_follow& who)
    : streams(who.streams), from_(&from), node_(who.name), key_(who.key),
      token_(who.token), number_(who.number) {}
  ~far_listener();
  far_listener(const far_listener&) = delete;
  far_listener& operator=(const far_listener&) = delete;

  const std::string& node() const noexcept { return node_; }

  /// It is heard, and will be told.
  void accept() const { say(news(flight_step::followed), {}); }

  /// More of the stream.
  void more(const tape_piece& what);
  std::size_t heard() const noexcept { return heard_; }

  void value(const cached_value& what, bool keep, millis ttl,
             const token_usage& took);
  void unsayable(const token_usage& took);
  void failed(const fault& why);
  /// It has said itself that it waits no more.
  void left() noexcept { over_ = true; }

  const bool streams;

private:
  flight_news news(flight_step what) const;
  void say(flight_news what, std::string_view text) const;
  void end(flight_news what, std::string_view text, const token_usage& took);

  const far_side* from_; ///< of the shard, as this object is
  std::string node_;
  std::string key_;
  std::string token_;
  std::uint64_t number_;
  std::size_t heard_ = 0;
  bool over_ = false;
};

} // namespace caisson
