#pragma once

#include <functional>
#include <memory>

namespace caisson {

class session;

/// Runs `tell` with the session on its own thread, if it still waits. What it
/// returns is called on any thread; dropped uncalled, it answers 500.
std::function<void()> later(session& to, std::function<void(session&)> tell);

} // namespace caisson
