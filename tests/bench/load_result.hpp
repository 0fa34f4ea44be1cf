#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "histogram.hpp"
#include "process.hpp"

namespace bench {

/// What one run of the client saw, within its window.
struct load_result {
  double seconds = 0;
  histogram latency;    ///< to the last byte
  histogram first_byte; ///< to the first one
  std::uint64_t events = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t reconnects = 0; ///< the server ended an idle connection
  usage before, after;          ///< of the watched processes
  usage own_before, own_after;  ///< of the client
  std::map<std::string, std::uint64_t> errors;
  std::uint64_t error_count = 0;

  void count_error(const std::string& why) {
    ++errors[why];
    ++error_count;
  }

  /// One line of JSON on stdout.
  void print() const {
    std::printf("{");
    field("requests", double(latency.total()));
    field("seconds", seconds);
    for (auto& [name, share] : {std::pair{"p50_us", .5},
                                {"p90_us", .9},
                                {"p99_us", .99},
                                {"p999_us", .999}})
      field(name, double(latency.quantile(share)) / 1e3);
    field("max_us", double(latency.max()) / 1e3);
    field("first_p50_us", double(first_byte.quantile(.5)) / 1e3);
    field("first_p99_us", double(first_byte.quantile(.99)) / 1e3);
    field("events", double(events));
    field("body_bytes", double(body_bytes));
    field("reconnects", double(reconnects));
    field("cpu_us", after.cpu_us - before.cpu_us);
    field("switches", double(after.switches - before.switches));
    field("rss_kb", double(after.rss_kb));
    field("client_cpu_us", own_after.cpu_us - own_before.cpu_us);
    field("error_count", double(error_count));
    std::printf("\"errors\":{");
    auto comma = "";
    for (auto& [why, count] : errors) {
      std::printf("%s\"%s\":%llu", comma, why.c_str(),
                  static_cast<unsigned long long>(count));
      comma = ",";
    }
    std::printf("}}\n");
    std::fflush(stdout);
  }

private:
  static void field(const char* name, double value) {
    std::printf("\"%s\":%.3f,", name, value);
  }
};

} // namespace bench
