#pragma once

#include <string>
#include <string_view>

namespace caisson {

enum class severity : std::uint8_t { debug, info, warning, error };

/// Where actors write what people should read: a port, implemented on spdlog in
/// `server/`. A sentence says subject, verb, object and holds no secrets.
class journal {
public:
  virtual ~journal() = default;

  /// Notes a sentence of the named actor or component. Thread-safe.
  virtual void note(severity level, std::string_view who,
                    std::string_view sentence) noexcept
    = 0;

  /// The same for a sentence about one request.
  virtual void note(severity level, std::string_view who,
                    std::string_view trace_id,
                    std::string_view sentence) noexcept
    = 0;
};

} // namespace caisson
