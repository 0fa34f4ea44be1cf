#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson::protocol {

/// A reply to a request for embeddings, in OpenAI's words, taken apart.
struct embeddings_reply {
  /// The model as the provider names it.
  std::string model;
  /// One for each input, in the order of the request: the members of its
  /// `embedding` object as they came, but for `index`. Whoever has these and
  /// the model can say the answer again.
  std::vector<std::string> values;
  /// Tokens of all inputs together; not known if the provider says nothing.
  token_usage usage;
};

/// What a look at the top of a reply tells, without a tree.
struct embeddings_summary {
  std::size_t count = 0; ///< elements of `data`
  bool has_data = false;
  bool has_error = false;
  token_usage usage;
};

/// Reads one JSON object and nothing behind it; false if that is not what the
/// text is.
bool summarize(std::string_view text, embeddings_summary& into);

/// Takes apart the reply to a request of `count` inputs. One that has not a
/// vector for each of them is a fault (`llm_error`, `failure_kind::decode`).
result<embeddings_reply> split_embeddings(std::string_view body,
                                          std::size_t count);

/// Says a reply: values as `split_embeddings` makes them, from whichever
/// replies they came.
std::string compose_embeddings(std::string_view model,
                               const std::vector<std::string_view>& values,
                               const token_usage& usage);

} // namespace caisson::protocol
