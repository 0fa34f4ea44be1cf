#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/settings.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// What a worker counts of its attempts, with the handles made beforehand. The
/// model label is bounded: a model that the config does not list is `other`.
/// What is no LLM has no models, and counts in no family of theirs.
class attempt_metrics {
public:
  attempt_metrics(metrics::registry& home, const dependency_settings& of);

  void succeeded(std::string_view model, duration took, std::uint32_t attempt,
                 const token_usage& usage);
  void failed(std::string_view model, duration took, const fault& why);
  void cancelled();
  void out_of_time();
  void first_token(std::string_view model, duration took);
  void retried(std::uint32_t attempt, const fault& why);

private:
  struct of_model {
    metrics::counter ok;
    metrics::counter error;
    metrics::histogram took;
    metrics::histogram first_token;
    metrics::counter tokens_in;
    metrics::counter tokens_out;
    metrics::counter tokens_cached;
  };

  of_model make(const std::string& model);
  of_model& find(std::string_view model);

  metrics::registry& home_;
  const std::string name_;
  const bool llm_;
  metrics::counter successes_;
  metrics::counter saved_;
  metrics::counter cancelled_;
  metrics::counter out_of_time_;
  std::unordered_map<std::string, of_model> models_;
  of_model other_;
};

} // namespace caisson
