#include "server/mcp/held_calls.hpp"

#include "server/mcp/random_bytes.hpp"

namespace caisson {

std::optional<held_calls::name> held_calls::hold(place where) {
  auto made = random_bytes<name>();
  std::lock_guard guard{lock_};
  if (all_.size() >= most)
    return std::nullopt;
  all_.emplace(made, where);
  return made;
}

std::optional<held_calls::place> held_calls::find(const name& which) const {
  std::lock_guard guard{lock_};
  auto found = all_.find(which);
  if (found == all_.end())
    return std::nullopt;
  return found->second;
}

void held_calls::release(const name& which) {
  std::lock_guard guard{lock_};
  all_.erase(which);
}

} // namespace caisson
