#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "actors/cache/order.hpp"
#include "actors/cache/verdict.hpp"
#include "actors/settings.hpp"

namespace caisson {

struct cache_landed;

/// Whoever has asked.
struct cache_caller {
  cache_asker_actor who;
  std::uint64_t id = 0;
};

/// One question to the cache. Answers exactly once: a lookup that is lost with
/// its shard sends its asker to fetch the value alone.
class cache_lookup {
public:
  cache_lookup(cache_asker_actor from, std::uint64_t id,
               std::shared_ptr<const cache_question> what, time_point began,
               time_point deadline)
    : what(std::move(what)), began(began), deadline(deadline),
      from_(std::move(from)), id_(id) {}

  /// One of several questions of one asker.
  cache_lookup(cache_asker_actor from, std::uint64_t id, std::uint32_t part,
               std::shared_ptr<const cache_question> what, time_point began,
               time_point deadline)
    : cache_lookup(std::move(from), id, std::move(what), began, deadline) {
    part_ = part;
    one_of_many_ = true;
  }

  ~cache_lookup();
  cache_lookup(const cache_lookup&) = delete;
  cache_lookup& operator=(const cache_lookup&) = delete;

  void hit(cached_ptr value, std::string_view layer);
  /// `stale`: what may be told should it not be had anew; or none.
  void lead(std::shared_ptr<cache_lead> by, cached_ptr stale);
  void alone();
  void fail(const fault& why);
  /// More of another's stream.
  void more(tape_piece_ptr what);
  /// That stream is complete.
  void over(const token_usage& took);
  /// It was cut off.
  void cut();
  /// Not the answer yet: somebody else fetches it. Heard once, and only by who
  /// asks for several.
  void elsewhere();

  /// The asker has gone; its thread may say so while the shard's holds this.
  void withdraw() noexcept { withdrawn_ = true; }
  bool withdrawn() const noexcept { return withdrawn_; }

  /// Whether it hears another's stream while that comes.
  bool listens() const noexcept { return what->streams && !one_of_many_; }
  /// So much of that it has heard, in bytes; 0: nothing yet.
  std::size_t heard() const noexcept { return heard_; }

  /// Who asks, and its name for this.
  cache_caller caller() const { return {from_, id_}; }

  const std::shared_ptr<const cache_question> what;
  const time_point began;
  const time_point deadline;

private:
  void answer(cache_verdict with);

  cache_asker_actor from_;
  std::uint64_t id_;
  std::uint32_t part_ = 0;
  bool one_of_many_ = false;
  bool told_elsewhere_ = false;
  std::size_t heard_ = 0;
  bool answered_ = false;
  std::atomic<bool> withdrawn_{false};
};

using cache_lookup_ptr = std::shared_ptr<cache_lookup>;

/// The duty to fetch a value for all who wait for it. Whatever loses it (a
/// client that leaves, a crash), its destructor says so, and another of those
/// who wait takes over.
class cache_lead {
public:
  using teller = std::function<void(cache_landed)>;

  cache_lead(std::string key, std::uint64_t flight, millis ttl, teller tell,
             std::shared_ptr<answer_tape> tape)
    : key_(std::move(key)), flight_(flight), ttl_(ttl), tell_(std::move(tell)),
      tape_(std::move(tape)) {}

  ~cache_lead();
  cache_lead(const cache_lead&) = delete;
  cache_lead& operator=(const cache_lead&) = delete;

  /// The value; with `keep` others may have it later, for `ttl` at most.
  void fetched(cached_ptr value, bool keep, millis ttl);
  /// There is an answer to a question that is near enough, as `layer` says. It
  /// is told to those who wait now, and not kept for this one.
  void likened(cached_ptr value, std::string_view layer);
  /// It was fetched, but is in no form that others could be given.
  void unsayable();
  /// All who wait hear the same.
  void failed(fault why);

  /// Its stream, for those who wait and want to hear it as it comes.
  void begin(const provenance& from) {
    tape_->begin(from.dependency, from.model);
  }
  void more(std::string_view events);
  void counted(const token_usage& took) { tape_->counted(took); }

  /// Whether anybody waits for it beside the client that leads.
  bool wanted() const noexcept { return tape_->wanted(); }

  /// To be done once others may have the value later.
  void when_kept(std::function<void()> what) { kept_ = std::move(what); }

  /// How long the value would hold.
  millis ttl() const noexcept { return ttl_; }

private:
  void land(cache_landed how);

  std::string key_;
  std::uint64_t flight_;
  millis ttl_;
  teller tell_;
  std::shared_ptr<answer_tape> tape_;
  std::function<void()> kept_;
  bool landed_ = false;
};

} // namespace caisson
