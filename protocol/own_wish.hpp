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

  /// What was taken out of a body.
  struct gap {
    std::size_t begin = 0;
    std::size_t size = 0;

    /// Where that is now which was at `offset`, of another member.
    std::size_t closed(std::size_t offset) const noexcept {
      return offset >= begin + size ? offset - size : offset;
    }
  };

  /// Takes the member out of the body.
  gap cut(std::string& body) const;

private:
  std::optional<bool> said_;
  std::size_t value_begin_ = 0;
  std::size_t value_end_ = 0;
};

} // namespace caisson::protocol
