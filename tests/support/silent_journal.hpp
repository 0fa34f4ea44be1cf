#pragma once

#include "actors/journal.hpp"

namespace caisson::testing {

/// Keeps nothing: for what nobody looks at what is noted.
class silent_journal final : public journal {
public:
  void note(severity, std::string_view, std::string_view) noexcept override {}
  void note(severity, std::string_view, std::string_view,
            std::string_view) noexcept override {}
};

} // namespace caisson::testing
