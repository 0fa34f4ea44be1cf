#include "protocol/mcp/client_features.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::protocol::mcp {

client_features read_features(std::string_view capabilities) {
  client_features result;
  result.sampling = declares(capabilities, "sampling");
  result.roots = declares(capabilities, "roots");
  const auto elicitation = member_of(capabilities, "elicitation");
  if (elicitation.starts_with('{')) {
    result.elicitation_url = declares(elicitation, "url");
    result.elicitation
      = !result.elicitation_url || declares(elicitation, "form");
  }
  return result;
}

std::string write_features(client_features from) {
  std::string text;
  {
    json::object_writer root{text};
    if (from.sampling)
      root.raw("sampling", "{}");
    if (from.elicitation_url)
      root.raw("elicitation",
               from.elicitation ? R"({"form":{},"url":{}})" : R"({"url":{}})");
    else if (from.elicitation)
      root.raw("elicitation", "{}");
    if (from.roots)
      root.raw("roots", "{}");
  }
  return text;
}

std::uint8_t to_bits(client_features from) noexcept {
  return static_cast<std::uint8_t>(
    (from.sampling ? 1 : 0) | (from.elicitation ? 2 : 0)
    | (from.elicitation_url ? 4 : 0) | (from.roots ? 8 : 0));
}

client_features features_of(std::uint8_t bits) noexcept {
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

} // namespace caisson::protocol::mcp
