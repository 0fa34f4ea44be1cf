#pragma once

#include <cstdint>
#include <mutex>

#include <spdlog/sinks/base_sink.h>

namespace caisson {

/// Lines to a file descriptor that never wait for who reads them: the threads
/// that log are those that answer, and a reader that has stopped would stop
/// them with it. A line that does not fit is left out and counted.
class log_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit log_sink(int descriptor) : descriptor_(descriptor) {}

  /// How many lines were left out since this was last told, once there is room
  /// to say so; before that 0.
  std::uint64_t take_lost();

private:
  void sink_it_(const spdlog::details::log_msg& what) override;
  void flush_() override {}

  const int descriptor_;
  std::uint64_t lost_ = 0;
};

} // namespace caisson
