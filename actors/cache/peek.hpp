#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cache/value.hpp"
#include "actors/call.hpp"

namespace caisson {

/// What the cache has for a key at this moment.
struct cache_sight {
  std::uint64_t id; ///< the asker's name for its look
  enum class kind : std::uint8_t {
    there,   ///< `value`, which is fresh
    gone,    ///< nothing that holds
    unknown, ///< the shared store could not be asked, or the shard is lost
  } how;
  cached_ptr value;
};

using cache_peeker_actor = caf::typed_actor<caf::reacts_to<cache_sight>>;

/// A look at what there is, in either layer: nobody is sent to fetch, and
/// nothing is counted. Answers exactly once; one that is lost with its shard
/// does not know.
class cache_peek {
public:
  cache_peek(cache_peeker_actor from, std::uint64_t id, std::string key,
             time_point by)
    : key(std::move(key)), by(by), from_(std::move(from)), id_(id) {}

  ~cache_peek() { answer(cache_sight::kind::unknown, nullptr); }
  cache_peek(const cache_peek&) = delete;
  cache_peek& operator=(const cache_peek&) = delete;

  void there(cached_ptr value) {
    answer(cache_sight::kind::there, std::move(value));
  }
  void gone() { answer(cache_sight::kind::gone, nullptr); }

  const std::string key;
  /// The store is not waited for beyond.
  const time_point by;

private:
  void answer(cache_sight::kind how, cached_ptr value);

  cache_peeker_actor from_;
  std::uint64_t id_;
  bool answered_ = false;
};

using cache_peek_ptr = std::shared_ptr<cache_peek>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_sight)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_peek_ptr)
