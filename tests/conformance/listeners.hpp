#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::conformance {

/// Everybody who listens hears of every change; each leaves out for itself
/// what it has not asked for.
class listeners {
public:
  struct ear {
    std::deque<std::string> heard; ///< methods of notifications
  };

  std::shared_ptr<ear> join() {
    std::lock_guard lock{mutex_};
    ears_.push_back(std::make_shared<ear>());
    return ears_.back();
  }

  void leave(const std::shared_ptr<ear>& who) {
    std::lock_guard lock{mutex_};
    std::erase(ears_, who);
  }

  void tell(std::string_view method) {
    std::lock_guard lock{mutex_};
    for (auto& one : ears_)
      one->heard.emplace_back(method);
    changed_.notify_all();
  }

  /// The next change; nothing if there was none for a while.
  std::optional<std::string> next(const std::shared_ptr<ear>& who) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, std::chrono::milliseconds{100},
                           [&] { return !who->heard.empty(); }))
      return std::nullopt;
    auto method = std::move(who->heard.front());
    who->heard.pop_front();
    return method;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<ear>> ears_;
};

} // namespace caisson::conformance
