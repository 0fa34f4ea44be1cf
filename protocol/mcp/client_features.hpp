#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace caisson::protocol::mcp {

/// What a client can be asked for while it waits for an answer.
struct client_features {
  bool sampling = false;
  bool elicitation = false;     ///< by a form
  bool elicitation_url = false; ///< by a page that it opens
  bool roots = false;

  /// Anything at all.
  bool any() const noexcept {
    return sampling || elicitation || elicitation_url || roots;
  }

  bool operator==(const client_features&) const = default;
};

/// Reads the capabilities that a client declares, a JSON object out of a body
/// that has been read, or empty. An empty `elicitation` means forms: what it
/// meant before there were two modes.
client_features read_features(std::string_view capabilities);

/// The capabilities that say the same, a JSON object.
std::string write_features(client_features from);

/// One bit for each, in the order above; for what is sealed.
std::uint8_t to_bits(client_features from) noexcept;
client_features features_of(std::uint8_t bits) noexcept;

} // namespace caisson::protocol::mcp
