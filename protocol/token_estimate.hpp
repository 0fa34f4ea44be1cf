#pragma once

#include <cstdint>
#include <string_view>

namespace caisson::protocol {

/// About how many tokens a piece of a stream carries, in OpenAI's dialect: at
/// least one for each event, and one for every four bytes beyond what an event
/// says of itself. Good enough to tell a stream that crawls from one that
/// flows; what is charged for is what the provider counts.
inline std::uint32_t about_tokens(std::string_view events) noexcept {
  constexpr std::size_t envelope = 220;
  constexpr std::size_t bytes_a_token = 4;
  constexpr std::string_view mark = "data:";
  std::size_t count = 0;
  for (auto at = events.find(mark); at != std::string_view::npos;
       at = events.find(mark, at + mark.size()))
    ++count;
  auto told = count * envelope;
  auto text = events.size() > told ? (events.size() - told) : 0;
  return static_cast<std::uint32_t>(count + text / bytes_a_token);
}

} // namespace caisson::protocol
