#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actors/mcp/settings.hpp"

namespace caisson::protocol::mcp {

/// Where a result is read that was kept, and for how long.
struct kept_result {
  std::string id; ///< of `spill_uri`
  std::size_t parts = 1;
  std::chrono::seconds lasts{};
};

/// Keeps results that are too large, for one client.
struct result_keeper {
  /// Nothing: there is no room. None: nobody keeps any.
  std::function<std::optional<kept_result>(
    std::string text, std::string_view media, std::uint64_t part_size)>
    keep;
  /// Whether the client knows links to resources (2025-06-18).
  bool links = true;
};

struct bounded_result {
  std::string members;
  large_result how = large_result::truncate; ///< what became of it
};

/// What a client gets instead of the result of a tool that is larger than
/// `rules.max_result`; nothing for one that is not.
///
///   truncate   the texts are cut in their order, and what else does not fit
///              left out; a last text tells how much there was
///   spill      all of it is kept, and there is a link to it and its beginning;
///              cut where it cannot be kept
///   error      it is an error of the tool, which the model may mend by asking
///              for less
///
/// Structured content is left out, which says the same as the texts.
std::optional<bounded_result> bound_result(std::string_view result,
                                           const mcp_server_settings& rules,
                                           const result_keeper& keeper = {});

} // namespace caisson::protocol::mcp
