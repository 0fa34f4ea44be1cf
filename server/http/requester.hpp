#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/settings.hpp"
#include "protocol/faults.hpp"
#include "protocol/http/head.hpp"
#include "server/http/gatekeeper.hpp"
#include "server/http/routes.hpp"
#include "server/http/trace.hpp"

namespace caisson {

class door;
class io_thread;

/// Hears that the client of a request has gone before its answer.
class client_watcher {
public:
  virtual ~client_watcher() = default;
  virtual void client_gone(std::uint64_t request) = 0;
};

/// What is kept of a request while it is answered.
struct request_context {
  std::uint64_t id = 0; ///< unique on this I/O thread
  trace_context trace;
  const route* where = nullptr;
  http::verb method = http::verb::get;
  unsigned minor = 1;
  bool keep_alive = false;
  time_point began{};
  std::string tail;
  std::string kept;   ///< see route::keeps
  kept_fields head;   ///< see route::keeps_head
  std::string query;  ///< of the target, without the `?`
  std::string fields; ///< of every answer, see route::fields
  protocol::envelope client = protocol::envelope::openai;
  std::optional<millis> wanted_timeout; ///< X-Request-Timeout-Ms
  std::string authorization;            ///< as sent, for the admin's door
  std::string api_key;       ///< X-Api-Key, where there is no Authorization
  std::string cache_control; ///< as sent
  std::uint64_t caller = 0;  ///< of the key shown, else of the address
  bool bad_timeout = false;  ///< that field is no number
  bool weighs = false;       ///< counts as under way, see congestion
  bool limited = false;      ///< is held against the limits of `who`
  endpoint counts_as = endpoint::read; ///< where it is
  /// Why it is refused as soon as its client can be told how it stands.
  std::optional<fault> refusal;
  std::string refusal_fields;
  visitor who;
  rate_fields rate;
};

/// Who has asked for something and waits for the answer, by whichever door the
/// request came in. On its I/O thread.
class requester {
public:
  virtual ~requester() = default;

  /// Keeps it for an answer that comes later.
  virtual std::shared_ptr<requester> hold() = 0;

  virtual io_thread& home() noexcept = 0;
  virtual door& through() noexcept = 0;
  virtual const request_context& request() const noexcept = 0;

  /// Whether that request is still waiting for (the rest of) its answer.
  virtual bool waits_for(std::uint64_t request) const noexcept = 0;

  /// From now on `who` hears if the client leaves.
  virtual void watch(client_watcher* who) noexcept = 0;

  /// The whole answer. `fields` are complete field lines.
  virtual void answer(unsigned status, std::string_view content_type,
                      bytes body, std::string_view fields = {})
    = 0;

  /// The whole answer is a fault, in the envelope of the client's dialect.
  /// `status` 0: the fault's own.
  virtual void refuse(const fault& why, std::string_view fields = {},
                      unsigned status = 0,
                      const protocol::limit_notice* limit = nullptr)
    = 0;

  /// The answer will tell how the client stands.
  virtual void show(const rate_fields& rate) noexcept = 0;

  /// The gatekeeper lets the request on.
  virtual void proceed() = 0;

  /// An answer whose size nobody knows yet.
  virtual void begin_stream(std::string_view content_type,
                            std::string_view fields)
    = 0;
  virtual void stream(bytes chunk) = 0;
  virtual void end_stream() = 0;
};

} // namespace caisson
