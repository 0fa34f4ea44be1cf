#include "protocol/dialects/simulated_embeddings.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/simulated.hpp"
#include "protocol/embeddings_reply.hpp"
#include "protocol/stable_hash.hpp"

namespace caisson::protocol {
namespace {

constexpr std::int64_t usual_dimensions = 256;

/// Longer than any model makes them.
constexpr std::int64_t most_dimensions = 4096;

/// Of all vectors of a request together: about 12 MB as JSON.
constexpr std::int64_t most_numbers = 1 << 20;

} // namespace

std::vector<float> simulated_vector(std::string_view text,
                                    std::size_t dimensions) {
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
  auto state = stable_hash(text);
  std::vector<double> raw(dimensions);
  double length = 0;
  for (auto& x : raw) {
    state += step;
    // The 53 bits that a double holds, from -1 to 1.
    x = std::ldexp(static_cast<double>(mixed(state) >> 11), -52) - 1;
    length += x * x;
  }
  length = std::sqrt(length);
  std::vector<float> vector(dimensions);
  std::transform(raw.begin(), raw.end(), vector.begin(), [length](double x) {
    return static_cast<float>(length > 0 ? x / length : x);
  });
  return vector;
}

result<simulated_vectors> simulate(const embeddings_request& request,
                                   std::string_view model) {
  const auto count = static_cast<std::int64_t>(request.count());
  const auto most = std::min(most_dimensions, most_numbers / count);
  const auto dimensions = request.dimensions().value_or(usual_dimensions);
  if (dimensions > most)
    return unsayable("dimensions", "at most " + std::to_string(most));
  embeddings_reply said;
  said.model = model;
  said.usage.known = true;
  for (std::size_t at = 0; at < request.count(); ++at) {
    const auto text = request.text(at);
    auto& value = said.values.emplace_back(
      R"("object":"embedding","simulated":true,"embedding":)");
    append_vector(value, request.format(),
                  simulated_vector(text, static_cast<std::size_t>(dimensions)));
    said.usage.input += estimate_tokens(text);
  }
  return simulated_vectors{compose_embeddings(said), said.usage};
}

} // namespace caisson::protocol
