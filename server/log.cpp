#include "server/log.hpp"

#include <unistd.h>

#include "protocol/json/write.hpp"

namespace caisson {
namespace {

spdlog::level::level_enum level_of(severity level) noexcept {
  switch (level) {
    case severity::debug:
      return spdlog::level::debug;
    case severity::info:
      return spdlog::level::info;
    case severity::warning:
      return spdlog::level::warn;
    case severity::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::level::level_enum level_of(log_level level) noexcept {
  switch (level) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

void add_member(std::string& out, std::string_view name,
                std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  protocol::json::append_string(out, value);
}

} // namespace

log_journal::log_journal(const log_settings& settings)
  : sink_(std::make_shared<log_sink>(STDERR_FILENO)),
    logger_(std::make_shared<spdlog::logger>("caisson", sink_)) {
  reconfigure(settings);
}

void log_journal::reconfigure(const log_settings& settings) {
  format_ = settings.format;
  logger_->set_level(level_of(settings.level));
  logger_->set_pattern(settings.format == log_format::json
                         ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l"%v})"
                         : "%Y-%m-%d %H:%M:%S.%e %-5l %v");
}

void log_journal::note(severity level, std::string_view who,
                       std::string_view sentence) noexcept {
  note(level, who, {}, sentence);
}

void log_journal::note(severity level, std::string_view who,
                       std::string_view trace_id,
                       std::string_view sentence) noexcept {
  auto wanted = level_of(level);
  if (!logger_->should_log(wanted))
    return;
  if (auto lost = sink_->take_lost())
    say(spdlog::level::warn, "log", {},
        std::to_string(lost) + " lines were left out: nobody read them");
  say(wanted, who, trace_id, sentence);
}

void log_journal::say(spdlog::level::level_enum level, std::string_view who,
                      std::string_view trace_id, std::string_view sentence) {
  std::string line;
  if (format_ == log_format::json) {
    add_member(line, "actor", who);
    if (!trace_id.empty())
      add_member(line, "trace_id", trace_id);
    add_member(line, "message", sentence);
  } else {
    line.append(who).append(": ");
    for (auto c : sentence)
      line += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    if (!trace_id.empty())
      line.append(" trace=").append(trace_id);
  }
  logger_->log(level, line);
}

} // namespace caisson
