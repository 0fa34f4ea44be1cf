#include "server/upstream/nursery.hpp"

#include <algorithm>

#include "server/upstream/child_process.hpp"

namespace caisson::upstream {

bool nursery::open() const {
  const std::lock_guard guard{lock_};
  return open_;
}

void nursery::take(std::shared_ptr<child_process> one) {
  const std::lock_guard guard{lock_};
  all_.push_back(std::move(one));
}

void nursery::gone(const child_process* one) {
  std::shared_ptr<child_process> last; // freed without the lock
  const std::lock_guard guard{lock_};
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [=](auto& x) { return x.get() == one; });
  if (found == all_.end())
    return;
  last = std::move(*found);
  all_.erase(found);
  empty_.notify_all();
}

void nursery::close(millis within) {
  std::unique_lock guard{lock_};
  open_ = false;
  for (auto& one : all_)
    one->end_there();
  empty_.wait_for(guard, within, [this] { return all_.empty(); });
}

} // namespace caisson::upstream
