#include "tests/conformance/sessions.hpp"

#include <chrono>

namespace caisson::conformance {

using namespace std::chrono_literals;

std::string sessions::next_ask() {
  std::lock_guard lock{mutex_};
  return "\"ask-" + std::to_string(++asks_) + '"';
}

std::optional<std::string> sessions::wait_for(const key& of,
                                              const std::string& ask) {
  std::unique_lock lock{mutex_};
  const std::pair which{of, ask};
  if (!changed_.wait_for(lock, 20s, [&] { return answers_.contains(which); }))
    return std::nullopt;
  return std::move(answers_.extract(which).mapped());
}

void sessions::answered(const key& of, std::string_view ask,
                        std::string_view result) {
  std::lock_guard lock{mutex_};
  answers_[{of, std::string{ask}}] = result;
  changed_.notify_all();
}

std::uint64_t sessions::next_stream() {
  std::lock_guard lock{mutex_};
  return ++streams_;
}

void sessions::keep(const key& of, protocol::mcp::event_id id,
                    std::string message) {
  std::lock_guard lock{mutex_};
  kept_[of].emplace_back(id, std::move(message));
  changed_.notify_all();
}

std::vector<std::pair<protocol::mcp::event_id, std::string>>
sessions::wait_after(const key& of, protocol::mcp::event_id last) {
  std::unique_lock lock{mutex_};
  std::vector<std::pair<protocol::mcp::event_id, std::string>> found;
  changed_.wait_for(lock, 5s, [&] {
    for (const auto& one : kept_[of])
      if (one.first.stream == last.stream && one.first.event > last.event)
        found.push_back(one);
    return !found.empty();
  });
  return found;
}

void sessions::end(const key& which) {
  std::lock_guard lock{mutex_};
  ended_.insert(which);
  kept_.erase(which);
}

bool sessions::ended(const key& which) {
  std::lock_guard lock{mutex_};
  return ended_.contains(which);
}

} // namespace caisson::conformance
