#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/param_headers.hpp"

namespace caisson::protocol::mcp {

/// Something that an upstream server offers. `definition` is its element of
/// the list, as it came.
struct upstream_offer {
  std::string name; ///< a resource's is its URI, a template's its pattern
  std::string title;
  std::string description;
  std::string definition;
  /// Of a tool: calling it twice does no more than calling it once, as far as
  /// its hints say.
  bool repeatable = false;
  /// Of a tool: the arguments that clients repeat in headers.
  std::vector<mirrored_argument> mirrored;
};

/// Which of a server's lists.
enum class offer_kind : std::uint8_t { tool, prompt, resource, pattern };

inline constexpr std::size_t offer_kinds = 4;

/// All that one server offers, by kind.
using offer_lists = std::array<std::vector<upstream_offer>, offer_kinds>;

/// The method that lists them, and the member of its result.
std::string_view list_method(offer_kind of) noexcept;
std::string_view list_member(offer_kind of) noexcept;

/// One page of a list.
struct offer_page {
  std::vector<upstream_offer> offers;
  std::optional<std::string> next; ///< the cursor of the next one
};

/// Offers of one list beyond this are not looked at: nobody can use more.
inline constexpr std::size_t most_offers = 10'000;

/// Reads the result of a list method, an object of a body that has been read.
/// Elements that are not what the specification says (no name, a schema that is
/// none) are left out: one bad tool does not take the others with it. Nothing
/// if there is no list.
std::optional<offer_page> read_offers(offer_kind of, std::string_view result);

/// The definition under another name; it is an object that has been read.
std::string renamed(const upstream_offer& what, std::string_view name);

} // namespace caisson::protocol::mcp
