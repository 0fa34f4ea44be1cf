#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "histogram.hpp"
#include "process.hpp"

namespace bench {

/// What one run of the client saw, within its window.
struct load_result {
  double seconds = 0;
  histogram latency;    ///< to the last byte
  histogram first_byte; ///< to the first one
  histogram refused;    ///< to the last byte of what was allowed to be refused
  std::uint64_t completed = 0;  ///< whole answers in it, whenever due
  std::uint64_t late = 0;       ///< whole answers that were not in time
  std::uint64_t bare = 0;       ///< 429 and 503 without Retry-After
  std::uint64_t unanswered = 0; ///< when the client gave up waiting
  std::size_t connections = 0;  ///< at the end
  std::uint64_t events = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t reconnects = 0; ///< the server ended a connection
  usage before, after;          ///< of the watched processes
  usage own_before, own_after;  ///< of the client
  std::map<std::string, std::uint64_t> refusals; ///< by status and code
  std::map<std::string, std::uint64_t> errors;
  std::uint64_t error_count = 0;
  /// When answers became of another kind, in ns of the steady clock.
  std::vector<std::pair<std::int64_t, std::string>> changes;

  void count_error(const std::string& why, std::uint64_t times = 1) {
    errors[why] += times;
    error_count += times;
  }

  void note_change(std::int64_t ns, const std::string& kind) {
    static constexpr std::size_t most = 10'000;
    if (changes.size() < most
        && (changes.empty() || changes.back().second != kind))
      changes.emplace_back(ns, kind);
  }

  /// One line of JSON on stdout.
  void print() const {
    std::printf("{");
    field("requests", double(latency.total()));
    field("seconds", seconds);
    quantiles("", latency);
    field("first_p50_us", double(first_byte.quantile(.5)) / 1e3);
    field("first_p99_us", double(first_byte.quantile(.99)) / 1e3);
    field("refused", double(refused.total()));
    quantiles("refused_", refused);
    field("completed", double(completed));
    field("late", double(late));
    field("bare", double(bare));
    field("unanswered", double(unanswered));
    field("connections", double(connections));
    field("events", double(events));
    field("body_bytes", double(body_bytes));
    field("reconnects", double(reconnects));
    field("cpu_us", after.cpu_us - before.cpu_us);
    field("fine_cpu_us", after.fine_cpu_us - before.fine_cpu_us);
    field("switches", double(after.switches - before.switches));
    field("rss_kb", double(after.rss_kb));
    field("client_cpu_us", own_after.cpu_us - own_before.cpu_us);
    field("error_count", double(error_count));
    counts("refusals", refusals);
    std::printf(",");
    counts("errors", errors);
    std::printf(",\"changes\":[");
    auto comma = "";
    for (auto& [ns, kind] : changes) {
      std::printf("%s[%lld,\"%s\"]", comma, static_cast<long long>(ns),
                  kind.c_str());
      comma = ",";
    }
    std::printf("]}\n");
    std::fflush(stdout);
  }

private:
  static void field(const std::string& name, double value) {
    std::printf("\"%s\":%.3f,", name.c_str(), value);
  }

  static void quantiles(const std::string& prefix, const histogram& of) {
    for (auto& [name, share] : {std::pair{"p50_us", .5},
                                {"p90_us", .9},
                                {"p95_us", .95},
                                {"p99_us", .99},
                                {"p999_us", .999}})
      field(prefix + name, double(of.quantile(share)) / 1e3);
    field(prefix + "max_us", double(of.max()) / 1e3);
  }

  static void counts(const char* name,
                     const std::map<std::string, std::uint64_t>& what) {
    std::printf("\"%s\":{", name);
    auto comma = "";
    for (auto& [why, count] : what) {
      std::printf("%s\"%s\":%llu", comma, why.c_str(),
                  static_cast<unsigned long long>(count));
      comma = ",";
    }
    std::printf("}");
  }
};

} // namespace bench
