#pragma once

#include <array>
#include <optional>
#include <vector>

#include "actors/cluster/quota.hpp"
#include "actors/limits/accounts.hpp"

namespace caisson {

// Limits as they cross between nodes, and back: what another node says is held
// to the form here, and nowhere else.

/// In microseconds, never less than it is.
std::uint64_t length_of(duration x) noexcept;

/// At most a day, however much was said.
duration length_in(std::uint64_t microseconds) noexcept;

std::vector<quota_line> quota_lines(const charges& what);

/// Nothing: these are no charges that a node of this version would make.
std::optional<charges> charges_in(const std::vector<quota_line>& lines);

/// What of each of `what` was really used; nothing: nobody uses so much.
std::optional<std::array<std::uint64_t, charges::capacity>>
used_in(const quota_change& from, const charges& what);

/// What a window has let in, as a part of a question.
void add_past(quota_question& to, std::size_t line,
              std::span<const portion> spent, time_point now);

/// That of one line, oldest first.
std::vector<portion> past_in(const quota_question& from, std::size_t line,
                             time_point now);

quota_answer answer_of(const standing& how, std::uint32_t units);

/// How a client stands by a keeper's answer to a question for so many units;
/// nothing where it keeps nothing, or talks nonsense.
std::optional<standing> standing_in(const quota_answer& said,
                                    std::uint32_t asked);

/// What was told is believed.
quota_answer noted();
bool is_noted(const quota_answer& said);

} // namespace caisson
