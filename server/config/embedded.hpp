#pragma once

#include <vector>

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// What a node has when nobody has configured a dependency.
struct embedded_set {
  std::vector<dependency_settings> dependencies;
  /// One entry, "default": the first model of each dependency, in order. None
  /// when no dependency has a list of models.
  std::vector<model_settings> models;
  origins from;
  problems wrong;
};

/// The providers that the environment has keys for: OPENAI_API_KEY (named
/// `openai`), ANTHROPIC_API_KEY (`anthropic`), GEMINI_API_KEY (`google`),
/// LOCAL_LLM_URL (`local`, an OpenAI-compatible server; without a path it means
/// `/v1`, where all of these serve); in that order. Without any of them
/// `simulated`. A variable that is empty is not there.
embedded_set embedded(const environment& variables);

} // namespace caisson::config
