#pragma once

#include <string>
#include <string_view>

#include "protocol/conversation.hpp"
#include "protocol/dialect.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::google_words {

// Pieces of requests to Gemini, for google_*.cpp alone.

/// The model without the collection that Google's own lists put before it.
std::string_view bare(std::string_view model);

/// The path of a method of a model.
std::string target(std::string_view model, std::string_view method);

/// What a conversation begins with: the system's instruction, the tools, and
/// how they may be called. No member where there is nothing to say.
void write_opening(json::object_writer& root, const conversation& words);

/// The members of `write_opening` for a `cachedContents`, where that is worth
/// its price; else empty. Source: ai.google.dev/api/caching, and the minimum of
/// 4096 tokens of the models that ask for the most.
std::string prefix_of(const conversation& words);

/// Asks for a prefix to be kept.
keeping keep(const std::string& prefix, std::chrono::seconds life,
             const provider_identity& who);

} // namespace caisson::protocol::google_words
