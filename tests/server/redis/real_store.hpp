#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/server/redis/store_world.hpp"

namespace caisson::redis {

/// A real redis-server on a free port of loopback, in a folder of its own; it
/// ends with the test. `settings` are arguments: {"--requirepass", "secret"}.
class real_store {
public:
  explicit real_store(store_world& in, std::vector<std::string> settings = {},
                      bool sentinel = false);
  ~real_store();
  real_store(const real_store&) = delete;

  /// False where there is no redis-server: a warning is given, and the test
  /// should end.
  static bool there();

  void start();
  void kill();  ///< as by the power switch
  void pause(); ///< takes connections and bytes, and says nothing
  void go_on();

  /// A command on a connection of the test's own; its text, or its error with
  /// a "-" before it.
  std::string admin(std::vector<std::string> what);

  std::string host_port() const { return "127.0.0.1:" + std::to_string(port); }
  std::string url() const { return "redis://" + host_port(); }

  std::uint16_t port = 0;
  std::filesystem::path dir;

private:
  store_world& world_;
  std::vector<std::string> settings_;
  bool sentinel_;
  pid_t child_ = -1;
};

/// A port of loopback that was free a moment ago.
std::uint16_t free_port();

} // namespace caisson::redis
