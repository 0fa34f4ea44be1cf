#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "protocol/mcp/catalogue.hpp"

namespace caisson::protocol {

/// The tools that a model is told of, by names that every vendor takes: 1 to 64
/// of `A-Z a-z 0-9 _ -`. A tool with another name goes by one that is like it.
class tool_set {
public:
  /// OpenAI takes no more.
  static constexpr std::size_t most = 128;

  /// False: it is there already, or there is no room.
  bool add(const mcp::tool_offer& what);

  bool empty() const noexcept { return names_.empty(); }

  /// The elements of a request's `tools`, JSON, in the order in which they
  /// came.
  const std::string& json() const noexcept { return json_; }

  /// The tool of a name that the model says; the name itself, where there is
  /// none.
  std::string offered_as(std::string_view said) const;

private:
  std::map<std::string, std::string, std::less<>> names_; ///< said to offered
  std::string json_;
};

} // namespace caisson::protocol
