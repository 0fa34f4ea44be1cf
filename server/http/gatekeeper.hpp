#pragma once

#include <cstdint>

#include <boost/asio/ip/address.hpp>

#include "actors/fault.hpp"
#include "actors/features.hpp"
#include "actors/limits/accounts.hpp"
#include "protocol/digest.hpp"
#include "protocol/http/head.hpp"

namespace caisson {

class requester;

/// Who asks, settled once at the door.
struct visitor {
  limit_key key;
  tier level = tier::anonymous;
  std::uint64_t tokens = 0; ///< LLM tokens in any minute; 0: no limit
  std::uint64_t budget = 0; ///< billionths of a USD in any day; likewise
  bool known = false;       ///< has shown a key of the config
  bool refused = false; ///< has shown another, and none but those are let in
  bool revoked = false; ///< refused, as the key shown holds no more
  protocol::sha256_digest key_shown{}; ///< of the key; 0: it was not looked at
  feature_set features;                ///< what they have
};

/// Why somebody is refused.
inline fault refusal_of(const visitor& who) {
  return make_fault(errc::auth_invalid_credentials,
                    who.revoked ? "that key was revoked"
                                : "nobody here knows that key");
}

/// What a client is told of its limit: X-RateLimit-*.
struct rate_fields {
  bool shown = false;
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::int64_t reset = 0; ///< Unix time
};

/// Stands between those who ask on one I/O thread and the routes that are
/// limited. On that thread only.
class gatekeeper {
public:
  virtual ~gatekeeper() = default;

  /// Whether anybody is held up at all now.
  virtual bool on_duty() const noexcept = 0;

  /// Whether it matters who asks, even where nobody is held up.
  virtual bool must_know() const noexcept = 0;

  virtual visitor identify(const http::request_head& head,
                           const boost::asio::ip::address& peer)
    = 0;

  /// Asks whether the request may go on. Later it is told to proceed,
  /// or refused.
  virtual void ask(requester& from) = 0;

  /// Has the requester told how its client stands, and takes nothing for it: of
  /// a request that is refused in any case. Later it is told to proceed.
  virtual void look(requester& from) = 0;
};

} // namespace caisson
