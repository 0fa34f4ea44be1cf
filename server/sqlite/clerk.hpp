#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "actors/fault.hpp"
#include "actors/journal.hpp"
#include "actors/stores/conversations.hpp"
#include "server/sqlite/connection.hpp"

namespace caisson::sqlite {

/// A question on its way to the database.
struct errand {
  std::shared_ptr<const conversation_question> what;
  /// Called once, on the clerk's thread, unless it was given up before.
  std::function<void(result<conversation_answer_ptr>)> then;
  std::atomic<bool> given_up{false};
};

/// The one thread that works at a database, which blocks: files are slow now
/// and then, and locked by others. It opens the database when there is
/// something to do, and anew after what a person may have mended. How many
/// questions wait for it is bounded by whoever asks: the bulkhead of the
/// dependency.
class clerk {
public:
  struct plan {
    std::string name; ///< the dependency's, for the log
    address where;
    connection::bounds how;
    journal* log = nullptr;
  };

  explicit clerk(plan what);
  /// Waits until the present question is given up. Those behind it are dropped.
  ~clerk();
  clerk(const clerk&) = delete;
  clerk& operator=(const clerk&) = delete;

  /// Thread-safe.
  void put(std::shared_ptr<errand> what);

private:
  void work();
  void serve(errand& what);
  std::optional<fault> open();
  void remark(std::string said);

  plan plan_;
  std::unique_ptr<connection> database_; ///< the thread's own, as the next
  std::string last_remark_;
  std::mutex lock_;
  std::condition_variable more_;
  std::deque<std::shared_ptr<errand>> waiting_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

} // namespace caisson::sqlite
