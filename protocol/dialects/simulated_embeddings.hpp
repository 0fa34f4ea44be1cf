#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson::protocol {

class embeddings_request;

/// What the simulated provider makes of a request for embeddings: vectors that
/// mean nothing. Each says so of itself.
struct simulated_vectors {
  std::string body; ///< in OpenAI's words
  token_usage usage;
};

/// As many dimensions as the request asks for, 256 where it asks for none. So
/// many numbers that only their writing would cost something are the client's
/// mistake (`validation_constraint`).
result<simulated_vectors> simulate(const embeddings_request& request,
                                   std::string_view model);

/// A unit vector that depends on the text and on nothing else: the same text
/// has the same in every process, two texts have different ones.
std::vector<float> simulated_vector(std::string_view text,
                                    std::size_t dimensions);

} // namespace caisson::protocol
