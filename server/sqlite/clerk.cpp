#include "server/sqlite/clerk.hpp"

#include <optional>

#include <pthread.h>

#include "server/sqlite/complaint.hpp"
#include "server/sqlite/schema.hpp"
#include "server/sqlite/shelf.hpp"
#include "server/wall_clock.hpp"

namespace caisson::sqlite {

clerk::clerk(plan what) : plan_{std::move(what)} {
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "caisson-storage");
    work();
  }};
}

clerk::~clerk() {
  ending_ = true;
  {
    std::lock_guard guard{lock_};
    waiting_.clear();
  }
  more_.notify_one();
  thread_.join();
}

void clerk::put(std::shared_ptr<errand> what) {
  {
    std::lock_guard guard{lock_};
    waiting_.push_back(std::move(what));
  }
  more_.notify_one();
}

void clerk::work() {
  for (;;) {
    std::shared_ptr<errand> next;
    {
      std::unique_lock guard{lock_};
      more_.wait(guard, [this] { return ending_ || !waiting_.empty(); });
      if (ending_)
        return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (!next->given_up)
      serve(*next);
  }
}

void clerk::serve(errand& what) {
  if (auto why = open()) {
    database_.reset();
    return what.then(std::move(*why));
  }
  database_->interrupt_when([&] { return what.given_up || ending_; });
  auto said = answer(*database_, *what.what,
                     static_cast<std::int64_t>(wall_clock_ms()));
  database_->interrupt_when(nullptr);
  remark(database_->trouble() == SQLITE_OK ? "" : database_->complaint());
  if (worth_reopening(database_->trouble()))
    database_.reset();
  else
    database_->forgive();
  what.then(std::move(said));
}

std::optional<fault> clerk::open() {
  if (database_)
    return std::nullopt;
  database_ = std::make_unique<connection>(plan_.where, plan_.how);
  auto why = database_->trouble() == SQLITE_OK
               ? migrate(*database_)
               : std::optional{fault_of(database_->trouble())};
  // SQLite's own words, where it has any.
  remark(!why                                ? ""
         : database_->trouble() != SQLITE_OK ? database_->complaint()
                                             : why->detail);
  if (!why)
    plan_.log->note(severity::info, "storage",
                    plan_.name + " is open: "
                      + (plan_.where.path.empty()
                           ? "in memory, it ends with the node"
                           : plan_.where.path));
  return why;
}

/// What people should read, once.
void clerk::remark(std::string said) {
  if (said != last_remark_ && !said.empty())
    plan_.log->note(
      severity::error, "storage",
      plan_.name + " is in trouble: " + said + " ("
        + (plan_.where.path.empty() ? "in memory" : plan_.where.path) + ')');
  last_remark_ = std::move(said);
}

} // namespace caisson::sqlite
