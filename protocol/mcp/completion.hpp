#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// What a client wants to have completed.
struct completion_wish {
  enum class target : std::uint8_t { prompt, resource_template };
  target of = target::prompt;
  std::string name;     ///< of the prompt, or the URI of the template
  std::string argument; ///< the name of the argument
  std::string value;    ///< as far as it is written
};

/// Reads the params of `completion/complete`, an object of a body that has
/// been read.
checked<completion_wish> read_completion(std::string_view params);

/// The most values of one answer, as the specification has it.
inline constexpr std::size_t most_completions = 100;

/// The members of the result: those of the values, in their order, that begin
/// with what is written, whatever the case.
std::string write_completion(const std::vector<std::string_view>& values,
                             std::string_view written);

} // namespace caisson::protocol::mcp
