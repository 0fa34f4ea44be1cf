#pragma once

#include <functional>
#include <string>

#include "actors/stores/kv_client.hpp"

namespace caisson {

/// Deletes every value and every claim whose key begins with `prefix` from the
/// shared store, on each of its servers, in steps, and tells the other nodes
/// before and after: before, so that they stop at once; after, as one of them
/// may have read a value again that was not deleted yet. `now` is the clock of
/// whoever asks. `done` is called once, false where the store failed.
void purge(kv_client& store, const std::string& prefix,
           std::function<time_point()> now, millis patience,
           std::function<void(bool)> done);

} // namespace caisson
