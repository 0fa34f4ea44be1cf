#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/settings.hpp"

namespace caisson::config {

/// What a dependency's `kind` brings of itself.
struct kind_profile {
  std::string_view name;
  /// Speaks to a `url`; one that does not answers by itself.
  bool remote = true;
  /// The vendor's own address; empty: the `url` must be given.
  std::string_view url;
  /// An address that could be its, for those who gave none.
  std::string_view url_example = "http://127.0.0.1:11434/v1";
  std::uint32_t concurrency = 10;
  /// Turns texts into vectors.
  bool embeds = false;
  /// The provider keeps the beginnings of requests, and can be told which...
  bool prompt_cache = false;
  /// ...which is done unless told otherwise, as it costs nothing.
  bool free_prompt_cache = false;
  /// Offered where `models` is not given; the first is what "default" means
  /// when nothing is configured.
  std::vector<std::string_view> models;
  /// Where they are not those of an LLM provider (SPEC section 4).
  void (*adjust)(dependency_settings&) = nullptr;
};

/// THE table of kinds: one row each.
const std::vector<kind_profile>& kinds();

/// The row of a kind; nullptr for a name that is none.
const kind_profile* kind_of(std::string_view name);

std::vector<std::string> kind_names();

/// Whether models live there; what is no kind is taken for an LLM provider.
bool serves_models(const dependency_settings& one);

/// Settings of a dependency of which only this much is known. An empty `url`
/// is the vendor's own; an OpenAI-compatible server on this machine is taken to
/// be ours alone, and gets 50 places.
dependency_settings defaults_for(std::string_view name, std::string_view kind,
                                 std::string_view url);

} // namespace caisson::config
