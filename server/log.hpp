#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "actors/journal.hpp"
#include "server/config/settings.hpp"
#include "server/log_sink.hpp"

namespace caisson {

/// The journal on spdlog: lines to stderr, as JSON or as text. Control
/// characters are escaped, so that nothing from outside can forge a line. It
/// waits for nobody (log_sink.hpp); what was left out is said when there is
/// room.
class log_journal final : public journal {
public:
  explicit log_journal(const log_settings& settings);

  /// Takes new settings; thread-safe.
  void reconfigure(const log_settings& settings);

  void note(severity level, std::string_view who,
            std::string_view sentence) noexcept override;
  void note(severity level, std::string_view who, std::string_view trace_id,
            std::string_view sentence) noexcept override;

private:
  void say(spdlog::level::level_enum level, std::string_view who,
           std::string_view trace_id, std::string_view sentence);

  std::atomic<log_format> format_;
  std::shared_ptr<log_sink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace caisson
