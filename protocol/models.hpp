#pragma once

#include <string>
#include <vector>

namespace caisson::protocol {

/// A model that clients may ask for.
struct model_entry {
  std::string id;
  /// The dependency that serves it; OpenAI's `owned_by`.
  std::string owned_by;
};

/// The answer to `GET /v1/models`, in OpenAI's shape. `created` is 0
/// throughout: the node does not know when a model was made and invents
/// nothing.
std::string models_body(const std::vector<model_entry>& models);

/// The answer to `GET /v1/models/{id}`.
std::string model_body(const model_entry& model);

} // namespace caisson::protocol
