#include "actors/cache/purge.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "actors/cache/second_layer.hpp"

namespace caisson {
namespace {

/// Keys that are being deleted at a time.
constexpr std::size_t most_under_way = 32;

/// Claims of all servers first, as who fetches at this moment may not store any
/// more; then values.
///
///   announced ─► scan a server, page by page ─► the next ─► … ─► none left
///                  ▲   │ keys of the page                          │
///                  └───┴ unlinked one by one      claims: values ◄─┤
///                                                 values: announced, done
struct job_of_purge : std::enable_shared_from_this<job_of_purge> {
  kv_client* store;
  std::string prefix;
  std::function<time_point()> now;
  millis patience;
  std::function<void(bool)> done;
  bool claims = true;
  std::size_t server = 0;
  std::string next; ///< the cursor
  std::vector<std::string> keys;
  std::size_t under_way = 0;
  bool over = false;

  template <class Then>
  void ask(kv_question what, Then then) {
    auto at = now();
    store->ask(std::move(what), at, at + patience,
               [self = shared_from_this(),
                then = std::move(then)](result<kv_value_ptr> got) {
                 if (self->over)
                   return;
                 if (got)
                   then(**got);
                 else
                   self->finish(false);
               });
  }

  void finish(bool told) {
    over = true;
    done(told);
  }

  void scan(const std::string& cursor) {
    ask(scan_of(prefix, claims, server, cursor),
        [self = shared_from_this()](const kv_value& answer) {
          if (answer.nil()) {
            self->scanned();
            return;
          }
          auto got = read_scan(answer);
          if (!got) {
            self->finish(false);
            return;
          }
          self->next = std::move(got->next);
          self->keys = std::move(got->keys);
          self->unlink();
        });
  }

  void unlink() {
    while (!keys.empty() && under_way < most_under_way && !over) {
      auto key = std::move(keys.back());
      keys.pop_back();
      ++under_way;
      ask(unlink_of(key), [self = shared_from_this()](const kv_value&) {
        --self->under_way;
        self->unlink();
      });
    }
    if (over || !keys.empty() || under_way > 0)
      return;
    if (next == "0") {
      ++server;
      scan("0");
    } else {
      scan(std::exchange(next, {}));
    }
  }

  /// All servers have been.
  void scanned() {
    server = 0;
    if (std::exchange(claims, false))
      scan("0");
    else
      ask(announcement_of(prefix),
          [self = shared_from_this()](const kv_value&) { self->finish(true); });
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
