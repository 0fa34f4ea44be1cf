#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "reply_reader.hpp"

namespace bench {

using clock_type = std::chrono::steady_clock;
using time_point = clock_type::time_point;

/// One keep-alive connection of the client, and the request that runs on it.
struct connection {
  int fd = -1;              ///< -1: is connected when it is needed
  bool busy = false;        ///< a request is due or under way
  bool unsent = false;      ///< it waits for the connection
  std::uint32_t prompt = 0; ///< what it asks
  time_point due;           ///< when the running request was due
  time_point first_byte;    ///< of its answer; unset: none yet
  reply_reader reply;
  std::size_t used = 0;
  std::unique_ptr<char[]> in = std::make_unique_for_overwrite<char[]>(in_size);

  static constexpr std::size_t in_size = 65'536;
};

} // namespace bench
