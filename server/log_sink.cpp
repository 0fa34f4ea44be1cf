#include "server/log_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace caisson {
namespace {

/// A pipe that says so takes PIPE_BUF bytes without waiting; the descriptor
/// itself must not be made non-blocking, since other processes share it.
bool has_room(int descriptor) {
  pollfd ask{descriptor, POLLOUT, 0};
  return ::poll(&ask, 1, 0) == 1 && (ask.revents & POLLOUT) != 0;
}

/// False if there was no room for all of it.
bool put(int descriptor, std::string_view text) {
  while (!text.empty()) {
    if (!has_room(descriptor))
      return false;
    auto size = std::min<std::size_t>(text.size(), PIPE_BUF);
    auto written = ::write(descriptor, text.data(), size);
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno != EINTR)
      return false;
  }
  return true;
}

} // namespace

std::uint64_t log_sink::take_lost() {
  std::lock_guard guard{mutex_};
  return lost_ != 0 && has_room(descriptor_) ? std::exchange(lost_, 0) : 0;
}

void log_sink::sink_it_(const spdlog::details::log_msg& what) {
  spdlog::memory_buf_t line;
  formatter_->format(what, line);
  if (!put(descriptor_, {line.data(), line.size()}))
    ++lost_;
}

} // namespace caisson
