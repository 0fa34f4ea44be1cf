#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "protocol/chat_request.hpp"
#include "protocol/conversation.hpp"
#include "protocol/embeddings_request.hpp"

namespace caisson {

/// A token has about so many bytes, the JSON around the text included.
inline constexpr std::uint64_t bytes_a_token = 4;

/// The longest answer that is reserved where a request names no maximum.
inline constexpr std::int64_t usual_answer = 1'024;

/// About how many tokens a request will take, before anybody has counted. A
/// look at the request, not longer there than that.
struct demand {
  std::string_view model;  ///< as asked for
  std::uint64_t asked = 0; ///< of what is said to the model
  /// Null: vectors are asked for, which are no tokens.
  const protocol::chat_request* chat = nullptr;

  /// Of the answer, at most. Reads the whole request.
  std::uint64_t answer() const {
    if (!chat)
      return 0;
    auto most = chat->words().max_tokens.value_or(usual_answer);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, most));
  }
};

inline demand demand_of(const protocol::chat_request& what) {
  return {what.model(), what.body().size() / bytes_a_token, &what};
}

inline demand demand_of(const protocol::embeddings_request& what) {
  return {what.model(), what.body().size() / bytes_a_token};
}

} // namespace caisson
