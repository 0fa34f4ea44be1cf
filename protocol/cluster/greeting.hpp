#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol {

/// What the one who is called says to a peer's greeting.
enum class welcome : std::uint8_t {
  asks,    ///< nothing yet: this is the caller's greeting
  yes,     ///< the link is made
  linked,  ///< there is one between the two already, or about to be
  taken,   ///< another node of that name is here
  twin,    ///< another node has that id of CAF's
  foreign, ///< the certificate is not of that name, or it is not of the cluster
  self,    ///< it has called itself
};

std::string_view name_of(welcome what) noexcept;

/// The first words on a new link, from both ends, before CAF's distribution
/// hears of it: who is there, and whether that is right.
struct greeting {
  std::string name;
  /// Which life of that node: one that has died comes back with a higher one.
  std::uint64_t incarnation = 0;
  /// Where others can call it, HOST:PORT.
  std::string address;
  /// CAF's id of it, as BASP writes it.
  std::string id;
  welcome answer = welcome::asks;
};

/// On the wire: two bytes of length, highest first, then that many of text.
inline constexpr std::size_t longest_greeting = 512;

/// With its length in front. Nothing of it may be longer than the rules of the
/// configuration allow.
std::string write_greeting(const greeting& what);

/// Reads what stands behind the length; nothing where it is no greeting.
std::optional<greeting> read_greeting(std::string_view text);

} // namespace caisson::protocol
