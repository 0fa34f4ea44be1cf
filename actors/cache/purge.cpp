#include "actors/cache/purge.hpp"

#include <memory>
#include <utility>

#include "actors/cache/second_layer.hpp"

namespace caisson {
namespace {

struct job_of_purge : std::enable_shared_from_this<job_of_purge> {
  kv_client* store;
  std::string prefix;
  std::function<time_point()> now;
  millis patience;
  std::function<void(bool)> done;
  bool claims = true;

  template <class Then>
  void ask(kv_question what, Then then) {
    auto at = now();
    store->ask(std::move(what), at, at + patience,
               [self = shared_from_this(),
                then = std::move(then)](result<kv_value_ptr> got) {
                 if (got)
                   then(**got);
                 else
                   self->done(false);
               });
  }

  /// Claims first: who fetches at this moment may not store any more.
  void scan(const std::string& cursor) {
    ask(scan_of(prefix, claims, cursor),
        [self = shared_from_this()](const kv_value& answer) {
          auto got = read_scan(answer);
          if (!got)
            self->done(false);
          else if (got->keys.empty())
            self->go_on(got->next);
          else
            self->ask(
              unlink_of(std::move(got->keys)),
              [self, next = got->next](const kv_value&) { self->go_on(next); });
        });
  }

  void go_on(const std::string& cursor) {
    if (cursor != "0")
      scan(cursor);
    else if (std::exchange(claims, false))
      scan("0");
    else
      ask(announcement_of(prefix),
          [self = shared_from_this()](const kv_value&) { self->done(true); });
  }
};

} // namespace

void purge(kv_client& store, const std::string& prefix,
           std::function<time_point()> now, millis patience,
           std::function<void(bool)> done) {
  auto job = std::make_shared<job_of_purge>();
  job->store = &store;
  job->prefix = prefix;
  job->now = std::move(now);
  job->patience = patience;
  job->done = std::move(done);
  job->ask(announcement_of(prefix), [job](const kv_value&) { job->scan("0"); });
}

} // namespace caisson
