#include "server/telemetry/collectors.hpp"

#include <fstream>
#include <map>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "actors/dependency/compartment.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using metrics::sample;
using metrics::sink;

void emit(const sink& out, const metrics::family& of,
          std::vector<std::string> labels, double value) {
  out(sample{&of, std::move(labels), value, {}, 0});
}

void dependency_values(const sink& out, const compartment& x) {
  for (std::uint16_t i = 0; i < x.slots(); ++i)
    for (auto state :
         {breaker_state::closed, breaker_state::open, breaker_state::half_open})
      emit(out, families::breaker_state,
           {x.slot(i).service, std::string{name_of(state)}},
           x.slot(i).state == state ? 1 : 0);
  emit(out, families::bulkhead_limit, {x.name()}, x.bulkhead().limit());
  emit(out, families::bulkhead_active, {x.name()}, x.bulkhead().in_flight());
  emit(out, families::bulkhead_queue, {x.name()}, x.bulkhead().waiting());
}

double share(std::uint64_t had, std::uint64_t asked) {
  return asked == 0 ? 0 : static_cast<double>(had) / static_cast<double>(asked);
}

void near_values(const sink& out, const cache_shards::near_figures& x) {
  emit(out, families::cache_size, {"semantic"}, static_cast<double>(x.bytes));
  emit(out, families::cache_hit_rate, {"semantic", "llm"},
       share(x.hits, x.hits + x.misses));
}

void cache_values(const sink& out, const cache_shards& all) {
  double bytes = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    bytes += static_cast<double>(all.of_shard(i).l1_bytes.load());
  emit(out, families::cache_size, {"l1"}, bytes);
  if (all.compares())
    near_values(out, all.of_semantic());
  for (std::size_t kind = 0; kind < cache_kind_count; ++kind) {
    std::uint64_t had[2] = {}, asked[2] = {};
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto& x = all.of_shard(i);
      had[0] += x.l1_hits[kind];
      asked[0] += x.l1_hits[kind] + x.l1_misses[kind];
      had[1] += x.l2_hits[kind];
      asked[1] += x.l2_hits[kind] + x.l2_misses[kind];
    }
    for (auto layer : {0, 1})
      emit(out, families::cache_hit_rate,
           {layer == 0 ? "l1" : "l2",
            std::string{name_of(static_cast<cache_kind>(kind))}},
           share(had[layer], asked[layer]));
  }
}

void actor_values(const sink& out, const census& people) {
  // Places of one name (a dependency that left and came back) are one series.
  struct totals {
    double depth = 0, handled = 0, restarts = 0, escalations = 0;
  };
  std::map<std::string, totals> by_name;
  for (auto& x : people.places()) {
    auto& t = by_name[x->name];
    t.depth += static_cast<double>(x->mailbox());
    t.handled += static_cast<double>(x->handled_ever());
    t.restarts += x->restarts;
    t.escalations += x->escalations;
  }
  for (auto& [name, t] : by_name) {
    emit(out, families::mailbox_depth, {name}, t.depth);
    emit(out, families::messages_processed, {name}, t.handled);
    emit(out, families::actor_restarts, {name}, t.restarts);
    emit(out, families::escalations, {name}, t.escalations);
  }
}

double resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_fds() {
  auto* dir = ::opendir("/proc/self/fd");
  if (!dir)
    return 0;
  double count = -3; // ".", ".." and the one that looks
  while (::readdir(dir))
    ++count;
  ::closedir(dir);
  return count;
}

double start_time() {
  static const auto started = static_cast<double>(std::time(nullptr));
  return started;
}

void process_values(const sink& out) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec)
           + static_cast<double>(t.tv_usec) * 1e-6;
  };
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  emit(out, families::process_cpu, {},
       seconds(used.ru_utime) + seconds(used.ru_stime));
  emit(out, families::process_memory, {}, resident_bytes());
  emit(out, families::process_fds, {}, open_fds());
  emit(out, families::process_max_fds, {}, static_cast<double>(files.rlim_cur));
  emit(out, families::process_start, {}, start_time());
  emit(out, families::build_info, {CAISSON_VERSION, "gcc " __VERSION__}, 1);
}

} // namespace

void collect_values(std::shared_ptr<const void> owner,
                    std::shared_ptr<const house> home, const tree& actors,
                    const door& front,
                    std::shared_ptr<const limit_control> limits,
                    std::shared_ptr<const feature_control> features) {
  start_time();
  home->metrics->collect(
    owner, [home, &actors, &front, limits, features](const sink& out) {
      limits->emit(out);
      features->emit(out);
      emit(out, families::limited_clients, {},
           static_cast<double>(actors.limited_clients()));
      for (auto& x : actors.dependencies())
        dependency_values(out, *x);
      cache_values(out, *actors.caches());
      actor_values(out, *home->census);
      emit(out, families::http_connections, {}, front.connections.load());
      process_values(out);
    });
}

} // namespace caisson
