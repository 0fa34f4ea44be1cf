#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::mcp {

/// A result of a tool that was too large, to be read as a resource, part by
/// part.
class spilled {
public:
  /// No part is more than `most` bytes of a JSON text; no character is cut in
  /// two. `media` is the text's media type.
  spilled(std::string text, std::string_view media, std::uint64_t most);

  std::size_t parts() const noexcept { return ends_.size(); }
  /// Counted from 1.
  std::string_view part(std::size_t number) const noexcept;
  std::string_view text() const noexcept { return text_; }
  std::string_view media() const noexcept { return media_; }

private:
  std::string text_;
  std::string media_;
  std::vector<std::size_t> ends_;
};

/// `caisson://spill/ID`, which is the first part, and `caisson://spill/ID/N`.
struct spill_address {
  std::string id;
  std::size_t part = 1;
};

/// What such a URI names; nothing for every other one. There need not be such a
/// result, or such a part.
std::optional<spill_address> read_spill_uri(std::string_view uri);

/// Whether it is of that family: then nobody but the node answers it.
bool is_spill_uri(std::string_view uri) noexcept;

std::string spill_uri(std::string_view id, std::size_t part = 1);

/// The members of the result of `resources/read` for a part that there is.
std::string write_part(const spilled& of, const spill_address& where);

} // namespace caisson::protocol::mcp
