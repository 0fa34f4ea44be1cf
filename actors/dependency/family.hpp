#pragma once

#include <string_view>

#include "actors/errors.hpp"

namespace caisson {

/// What the shared machinery has to know of the sort of thing that a dependency
/// is: the codes of its faults, the words for it, and whether models or
/// tools are there. Everything else that differs lies behind its port.
struct dependency_family {
  /// How people call it in a sentence: "the provider".
  std::string_view noun;
  /// An LLM provider: clients may ask for its models, and what it does counts
  /// in the `llm_*` families. Nothing else is ever reached by a model's name.
  bool serves_models;
  errc error;        ///< it answered with a fault or with nonsense
  errc timeout;      ///< it was silent for too long
  errc unavailable;  ///< it could not be reached
  errc rate_limited; ///< it asked for a pause
  /// It offers tools, to clients of MCP.
  bool offers_tools = false;
};

/// The family of a `kind`. A kind that has no row of its own is an LLM
/// provider's.
const dependency_family& family_of(std::string_view kind) noexcept;

} // namespace caisson
