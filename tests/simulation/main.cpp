#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulation/simulation.hpp"

// Runs seeds, in two processes, until one breaks a law (of a node, or of a
// cluster in test_cluster_simulation):
//   test_simulation [--seeds N] [--from S]      many seeds
//   test_simulation --seed S [--trace]          one seed
//   test_simulation ... --twice                 each twice: the same trace?
//   test_simulation ... --all                   go on after a broken law
//   test_simulation ... --strict                also what is known to break

namespace {

using namespace caisson::simulation;

struct options {
  std::uint64_t from = 0;
  std::uint64_t seeds = 1'000;
  bool one = false;
  bool trace = false;
  bool twice = false;
  bool all = false;
  bool strict = false;
  unsigned processes = 2;
};

/// What the processes tell the one that waits for them.
struct shared {
  struct child {
    std::uint64_t at = 0; ///< the seed it runs
    std::uint64_t done = 0;
    std::uint64_t steps = 0;
    std::uint64_t requests = 0;
    std::uint64_t attempts = 0;
    std::uint64_t kills = 0;
    std::uint64_t failures = 0;
    std::uint64_t first_failure = 0;
  };
  child children[64];
};

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: %s [--seeds N] [--from S] [--seed S] [--trace] "
               "[--twice] [--all] [--strict] [--processes N]\n",
               program_invocation_short_name);
  std::exit(64);
}

std::uint64_t number(int& i, int argc, char* argv[]) {
  if (++i >= argc)
    usage();
  char* end = nullptr;
  auto result = std::strtoull(argv[i], &end, 10);
  if (*argv[i] == '\0' || *end != '\0')
    usage();
  return result;
}

options parse(int argc, char* argv[]) {
  options result;
  for (int i = 1; i < argc; ++i) {
    std::string_view x = argv[i];
    if (x == "--seeds") {
      result.seeds = number(i, argc, argv);
    } else if (x == "--from") {
      result.from = number(i, argc, argv);
    } else if (x == "--seed") {
      result.from = number(i, argc, argv);
      result.seeds = 1;
      result.one = true;
    } else if (x == "--processes") {
      result.processes = static_cast<unsigned>(number(i, argc, argv));
    } else if (x == "--trace") {
      result.trace = true;
    } else if (x == "--twice") {
      result.twice = true;
    } else if (x == "--strict") {
      result.strict = true;
    } else if (x == "--all") {
      result.all = true;
    } else {
      usage();
    }
  }
  if (result.processes == 0 || result.processes > 64)
    usage();
  return result;
}

void print(const std::vector<std::string>& lines, std::size_t last) {
  auto first = lines.size() > last ? lines.size() - last : 0;
  for (auto i = first; i < lines.size(); ++i)
    std::printf("  %s\n", lines[i].c_str());
}

/// Says what broke, from a replay: the seed is all that is needed.
void explain(const report& found, bool strict) {
  auto again = simulate(found.seed, true, strict);
  auto same = again.digest == found.digest && again.broken
              && again.broken->how == found.broken->how;
  std::printf("seed %llu broke %s: %s\n",
              static_cast<unsigned long long>(found.seed),
              found.broken->law.c_str(), found.broken->how.c_str());
  print(again.trace, 30);
  std::printf("replayed %s\nto see all of it: %s --seed %llu --trace\n",
              same ? "to the same trace" : "and went ANOTHER way",
              program_invocation_short_name,
              static_cast<unsigned long long>(found.seed));
}

/// Whether a seed gives the trace of `first` again.
bool same_again(const report& first, std::uint64_t seed, bool strict) {
  auto second = simulate(seed, true, strict);
  if (first.trace == second.trace && first.digest == second.digest)
    return true;
  std::size_t i = 0;
  while (i < first.trace.size() && i < second.trace.size()
         && first.trace[i] == second.trace[i])
    ++i;
  auto line = [&](const report& x) {
    return i < x.trace.size() ? x.trace[i].c_str() : "(its end)";
  };
  std::printf("seed %llu gave two traces; line %zu was\n  %s\n  %s\n",
              static_cast<unsigned long long>(seed), i + 1, line(first),
              line(second));
  return false;
}

void run_share(const options& with, unsigned mine, shared::child& tell) {
  for (auto i = with.from + mine; i < with.from + with.seeds;
       i += with.processes) {
    tell.at = i;
    auto result = simulate(i, with.twice, with.strict);
    tell.steps += result.steps;
    tell.requests += result.requests;
    tell.attempts += result.attempts;
    tell.kills += result.kills;
    auto good = true;
    if (with.twice) {
      good = same_again(result, i, with.strict);
    } else {
      good = !result.broken;
      if (!good && with.all)
        std::printf("seed %llu broke %s: %s\n",
                    static_cast<unsigned long long>(i),
                    result.broken->law.c_str(), result.broken->how.c_str());
      else if (!good)
        explain(result, with.strict);
    }
    ++tell.done;
    if (good)
      continue;
    if (tell.failures++ == 0)
      tell.first_failure = i;
    if (!with.all)
      return;
  }
}

int run_one(const options& with) {
  auto result = simulate(with.from, with.trace, with.strict);
  if (with.trace)
    print(result.trace, result.trace.size());
  if (result.broken)
    explain(result, with.strict);
  std::printf("seed %llu: %llu steps, %zu requests, %zu attempts, %zu kills, "
              "digest %016llx\n",
              static_cast<unsigned long long>(result.seed),
              static_cast<unsigned long long>(result.steps), result.requests,
              result.attempts, result.kills,
              static_cast<unsigned long long>(result.digest));
  return result.broken ? 1 : 0;
}

int run_many(const options& with) {
  auto memory = ::mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return 71;
  auto& all = *new (memory) shared{};
  std::map<pid_t, unsigned> children;
  for (unsigned i = 0; i < with.processes; ++i) {
    auto pid = ::fork();
    if (pid < 0)
      return 71;
    if (pid == 0) {
      std::setvbuf(stdout, nullptr, _IOLBF, 1 << 12);
      run_share(with, i, all.children[i]);
      std::fflush(stdout);
      ::_exit(0);
    }
    children.emplace(pid, i);
  }
  auto crashed = false;
  shared::child sum;
  for (auto [pid, i] : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    auto& x = all.children[i];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      crashed = true;
      std::printf("seed %llu ended its process: %s --seed %llu --trace\n",
                  static_cast<unsigned long long>(x.at),
                  program_invocation_short_name,
                  static_cast<unsigned long long>(x.at));
    }
    sum.done += x.done;
    sum.steps += x.steps;
    sum.requests += x.requests;
    sum.attempts += x.attempts;
    sum.kills += x.kills;
    sum.failures += x.failures;
  }
  auto n = [](std::uint64_t x) { return static_cast<unsigned long long>(x); };
  std::printf("%llu seeds, %llu broke a law: %llu steps, %llu requests, %llu "
              "attempts, %llu kills\n",
              n(sum.done), n(sum.failures), n(sum.steps), n(sum.requests),
              n(sum.attempts), n(sum.kills));
  return crashed || sum.failures > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char* argv[]) {
  auto with = parse(argc, argv);
  return with.one && !with.twice ? run_one(with) : run_many(with);
}
