#include <array>

#include "protocol/dialects/vendors.hpp"

namespace caisson::protocol {
namespace {

struct row {
  /// `kind` of a `[dependency.NAME]`.
  std::string_view kind;
  const dialect& (*speaks)() noexcept;
};

/// THE table: a new wire is one file and one row here.
constexpr auto rows = std::to_array<row>({
  {"openai", openai_dialect},
  {"openai_compatible", openai_compatible_dialect},
  {"anthropic", anthropic_dialect},
  {"google", google_dialect},
});

} // namespace

const dialect* dialect_for(std::string_view kind) noexcept {
  for (auto& row : rows)
    if (row.kind == kind)
      return &row.speaks();
  return nullptr;
}

} // namespace caisson::protocol
