#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace bench {

using clock_type = std::chrono::steady_clock;

/// One connection of the upstream, and the answer that it is giving.
struct connection {
  explicit connection(int socket) : fd(socket) {}

  int fd;
  std::size_t used = 0; ///< bytes of `in`
  std::string out;      ///< what the socket did not take yet
  std::size_t part = 0; ///< the stream's next send
  std::size_t cut = 0;  ///< where the stream breaks off; 0: nowhere
  bool streams = false;
  bool paced = false;
  bool gone = false;
  char in[32'768];
};

using connection_ptr = std::shared_ptr<connection>;

/// The next part of a stream, or a whole answer that was put off.
struct due {
  clock_type::time_point at;
  std::uint64_t number; ///< of two at the same time, the earlier one first
  connection_ptr who;

  bool operator<(const due& other) const {
    return at != other.at ? at > other.at : number > other.number;
  }
};

} // namespace bench
