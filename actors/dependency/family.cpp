#include "actors/dependency/family.hpp"

#include <array>

namespace caisson {
namespace {

constexpr dependency_family llm{
  "the provider",        true,
  errc::llm_error,       errc::llm_timeout,
  errc::llm_unavailable, errc::llm_rate_limited,
};

constexpr dependency_family tools{
  "the server",
  false,
  errc::mcp_error,
  errc::mcp_timeout,
  errc::mcp_unavailable,
  errc::mcp_unavailable,
  true,
};

struct row {
  std::string_view kind;
  dependency_family family;
};

constexpr auto rows = std::to_array<row>({
  {"redis",
   {"the shared store", false, errc::redis_error, errc::redis_timeout,
    errc::redis_unavailable, errc::redis_unavailable}},
  {"mcp_http", tools},
  {"mcp_stdio", tools},
  {"openapi", tools},
  {"sqlite",
   {"the storage", false, errc::storage_error, errc::storage_timeout,
    errc::storage_unavailable, errc::storage_unavailable}},
});

} // namespace

const dependency_family& family_of(std::string_view kind) noexcept {
  for (auto& x : rows)
    if (x.kind == kind)
      return x.family;
  return llm;
}

} // namespace caisson
