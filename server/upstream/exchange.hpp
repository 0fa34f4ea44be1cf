#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "actors/ports.hpp"
#include "protocol/dialect.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// What an attempt is to do.
struct order {
  call_ptr what;
  /// A new connection must stand by then; the epoch: no limit.
  time_point connect_by{};
  protocol::upstream_request request;
  std::unique_ptr<protocol::reply_reader> reader;
  /// Judges replies other than 200.
  const protocol::reply_judge* wire = nullptr;
  /// The reply's own type says whether it is a stream; else the call does.
  bool by_type = false;
  /// A stream is over when its reader has seen its end, whenever its framing
  /// ends.
  bool over_when_done = false;
  /// Sees the head of the reply.
  std::function<void(const http::response_head&)> noted;
  /// There is nothing to send: the listener only hears of this.
  std::optional<fault> refused;
  /// There is nothing to ask: this is all of the stream that is missing.
  std::optional<std::string> rest;
  /// A whole reply may be as large as this where the site's limit is less: who
  /// asked for much gets it.
  std::size_t whole = 0;
};

/// Starts an attempt on the thread of `where->io`. The listener hears nothing
/// before this has returned. The exchange may be destroyed in any of the
/// listener's callbacks, and the listener lives until that callback returns.
std::unique_ptr<exchange> begin(std::shared_ptr<site> where, order what,
                                std::unique_ptr<exchange_listener> listener);

} // namespace caisson::upstream
