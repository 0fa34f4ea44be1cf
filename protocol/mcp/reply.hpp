#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// How long a modern client may keep a result, and whether others may be given
/// it: what depends on who asks is for him alone.
struct cache_hint {
  std::chrono::milliseconds ttl{0};
  bool shared = false;
};

/// What the protocol adds to a result.
struct result_frame {
  era spoken = era::legacy;
  /// Modern: `{"name":…,"version":…}`, which goes into `_meta`.
  std::string_view server_info;
  /// Modern: for the methods that `methods.hpp` calls cacheable.
  std::optional<cache_hint> cache;
  /// Modern: `complete` or `input_required`.
  std::string_view type = "complete";
};

/// A result. `members` is a JSON object, to whose beginning is added what the
/// frame says; it has no member of those names itself. `id` is as it stood in
/// the request.
std::string write_result(std::string_view id, std::string_view members,
                         const result_frame& frame);

/// A refusal, with its own id.
std::string write_error(const rpc_error& what);

/// A notification; `params` is a JSON object, or empty for none.
std::string write_notification(std::string_view method,
                               std::string_view params);

/// A request to a legacy client; `id` is JSON.
std::string write_request(std::string_view id, std::string_view method,
                          std::string_view params);

/// The notifications of progress for one request. The values only ever grow:
/// one that does not is left out, as all are when the request has no token.
class progress_meter {
public:
  /// `token` as it stood in the request; empty when there is none.
  explicit progress_meter(std::string_view token) : token_{token} {}

  /// Without a total where nobody knows it.
  std::optional<std::string> step(std::uint64_t value,
                                  std::optional<std::uint64_t> total,
                                  std::string_view message);

private:
  std::string token_;
  std::optional<std::uint64_t> last_;
};

} // namespace caisson::protocol::mcp
