#include "actors/errors.hpp"

#include <array>

namespace caisson {
namespace {

using enum retry_advice;

struct row {
  std::string_view name;
  retry_advice advice;
};

constexpr auto rows = std::to_array<row>({
  {"config.missing", never},
  {"config.invalid", never},
  {"config.secret_not_found", never},
  {"auth.invalid_credentials", never},
  {"validation.failed", never},
  {"validation.schema", never},
  {"validation.constraint", never},
  {"validation.body_too_large", never},
  {"validation.unsupported_media", never},
  {"validation.headers_too_large", never},
  {"validation.not_found", never},
  {"validation.method_not_allowed", never},
  {"external.llm.error", always},
  {"external.llm.rate_limited", always},
  {"external.llm.timeout", always},
  {"external.llm.overloaded", always},
  {"external.llm.model_not_found", never},
  {"external.llm.refused", never},
  {"external.llm.unavailable", always},
  {"resilience.circuit_breaker_open", conditional},
  {"resilience.retry_exhausted", conditional},
  {"resilience.timeout", conditional},
  {"resilience.bulkhead_rejected", conditional},
  {"resilience.shutting_down", conditional},
  {"server.unexpected", never},
  {"server.not_implemented", never},
  {"rate_limit.exceeded", conditional},
  {"quota.exceeded", conditional},
  {"external.redis.error", always},
  {"external.redis.timeout", always},
  {"external.redis.unavailable", always},
  {"external.mcp.error", always},
  {"external.mcp.timeout", always},
  {"external.mcp.unavailable", always},
  {"external.storage.error", always},
  {"external.storage.timeout", always},
  {"external.storage.unavailable", always},
  {"storage.backend", never},
  {"storage.integrity", never},
});

static_assert(rows.size() == errc_count, "every code needs its row");
static_assert(static_cast<std::size_t>(errc::storage_integrity) + 1
              == errc_count);

constexpr const row& row_of(errc code) noexcept {
  return rows[static_cast<std::size_t>(code)];
}

} // namespace

std::string_view name_of(errc code) noexcept {
  return row_of(code).name;
}

std::string_view category_of(errc code) noexcept {
  auto name = row_of(code).name;
  return name.substr(0, name.find('.'));
}

retry_advice advice_of(errc code) noexcept {
  return row_of(code).advice;
}

std::string_view name_of(retry_advice advice) noexcept {
  switch (advice) {
    case never:
      return "never";
    case always:
      return "always";
    case conditional:
      return "conditional";
  }
  return "never";
}

} // namespace caisson
