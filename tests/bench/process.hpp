#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace bench {

/// What the watched processes have used so far, all threads together.
struct usage {
  double cpu_us = 0;          ///< utime + stime of /proc/PID/stat: 10 ms steps
  double fine_cpu_us = 0;     ///< the same from schedstat: steps of a ns
  std::uint64_t switches = 0; ///< voluntary and forced context switches
  std::uint64_t rss_kb = 0;   ///< VmRSS now
};

/// The number after `name` in a /proc status file, 0 if it is not there.
inline std::uint64_t status_field(const std::string& path,
                                  const std::string& name) {
  std::ifstream in{path};
  for (std::string word; in >> word;)
    if (word == name) {
      std::uint64_t value = 0;
      in >> value;
      return value;
    }
  return 0;
}

inline double cpu_us_of(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  std::getline(in, line);
  // The name in parentheses may hold blanks: fields count from behind it.
  auto at = line.rfind(')');
  if (at == std::string::npos)
    return 0;
  std::uint64_t ticks = 0;
  int field = 2;
  for (std::size_t i = at + 1; i < line.size() && field < 15; ++i)
    if (line[i] == ' ' && (++field == 14 || field == 15))
      ticks += std::stoull(line.substr(i + 1));
  return double(ticks) * 1e6 / double(sysconf(_SC_CLK_TCK));
}

/// 0 where the kernel keeps no schedstat.
inline double fine_cpu_us_of(const std::filesystem::path& task) {
  std::ifstream in{task / "schedstat"};
  double ns = 0;
  in >> ns;
  return ns / 1e3;
}

inline usage usage_of(const std::vector<int>& pids) {
  usage sum;
  for (auto pid : pids) {
    auto root = "/proc/" + std::to_string(pid);
    sum.cpu_us += cpu_us_of(pid);
    sum.rss_kb += status_field(root + "/status", "VmRSS:");
    std::error_code gone;
    for (auto& task :
         std::filesystem::directory_iterator{root + "/task", gone}) {
      sum.fine_cpu_us += fine_cpu_us_of(task.path());
      for (auto name :
           {"voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"})
        sum.switches += status_field(task.path() / "status", name);
    }
  }
  return sum;
}

} // namespace bench
