#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace caisson::protocol {

/// `"cache": true` or `false` among the members of a request: a word to the
/// node, in any dialect, which no provider would understand. It is read and cut
/// out. Of any other type it is a provider's own and stays.
class own_wish {
public:
  static constexpr std::string_view key = "cache";

  /// The member's value, in the body that is being read.
  void note(const std::string& body, simdjson::ondemand::value value);

  std::optional<bool> said() const noexcept { return said_; }

  /// Takes the member out of the body; the token [begin, end) of another
  /// member is where it is then.
  void cut(std::string& body, std::size_t& begin, std::size_t& end) const;

private:
  std::optional<bool> said_;
  std::size_t value_begin_ = 0;
  std::size_t value_end_ = 0;
};

} // namespace caisson::protocol
