#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/settings.hpp"

namespace caisson::upstream {

class child_process;

/// All processes that the node has started and not reaped yet. On any thread.
class nursery {
public:
  /// False: the node ends, and starts none any more.
  bool open() const;

  void take(std::shared_ptr<child_process> one);

  /// It has been reaped.
  void gone(const child_process* one);

  /// Ends all of them and waits until they have, `within` that time at most.
  /// Their threads must run, and this must not be one of them.
  void close(millis within);

private:
  mutable std::mutex lock_;
  std::condition_variable empty_;
  bool open_ = true;
  std::vector<std::shared_ptr<child_process>> all_;
};

} // namespace caisson::upstream
