#include "server/mcp/line_pump.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace caisson {
namespace {

/// To poll, a descriptor that is none: it never answers.
constexpr int nobody = -1;

} // namespace

line_pump::line_pump(int from, int to, std::size_t longest, ears by)
  : from_{from}, to_{to}, bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
    lines_{longest}, by_{std::move(by)} {}

line_pump::~line_pump() {
  ending_ = true;
  ring();
  if (thread_.joinable())
    thread_.join();
  ::close(bell_);
}

void line_pump::start() {
  thread_ = std::thread{[this] { run(); }};
}

void line_pump::ring() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto rung = ::write(bell_, &one, sizeof one);
}

void line_pump::put(std::string line) {
  line += '\n';
  waiting_ += line.size();
  {
    const std::lock_guard guard{lock_};
    queue_ += line;
  }
  ring();
}

void line_pump::run() {
  while (!ending_) {
    const auto full = waiting_ > most_waiting;
    std::array<pollfd, 3> ask{
      {{bell_, POLLIN, 0},
       {full ? nobody : from_, POLLIN, 0},
       {to_, static_cast<short>(waiting_ > 0 ? POLLOUT : 0), 0}}};
    if (::poll(ask.data(), ask.size(), -1) < 0)
      continue; // a signal
    if (ask[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto heard = ::read(bell_, &count, sizeof count);
    }
    if (ask[1].revents != 0)
      read();
    const auto deaf = waiting_ > most_ever;
    const auto broken
      = deaf || (ask[2].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    if (broken || (ask[2].revents != 0 && !write()))
      lose_output();
    else if (to_ == nobody)
      drop_output();
  }
}

/// Who cannot be answered is not read from.
void line_pump::lose_output() {
  to_ = nobody;
  drop_output();
  end_reading();
}

void line_pump::drop_output() {
  const std::lock_guard guard{lock_};
  queue_.clear();
  writing_.clear();
  waiting_ = written_ = 0;
}

void line_pump::read() {
  std::array<char, 64 * 1024> piece;
  const auto size = ::read(from_, piece.data(), piece.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (size > 0) {
    lines_.feed({piece.data(), static_cast<std::size_t>(size)});
    return hand_on();
  }
  std::string rest;
  if (lines_.last(rest) == protocol::line_splitter::found::line)
    by_.line(std::move(rest));
  end_reading();
}

void line_pump::hand_on() {
  using found = protocol::line_splitter::found;
  std::string line;
  for (auto what = lines_.next(line); what != found::nothing;
       what = lines_.next(line)) {
    if (what == found::line)
      by_.line(std::exchange(line, {}));
    else
      by_.too_long();
  }
}

void line_pump::end_reading() {
  if (std::exchange(from_, nobody) != nobody)
    by_.ended();
}

bool line_pump::write() {
  if (written_ == writing_.size()) {
    writing_.clear();
    written_ = 0;
    const std::lock_guard guard{lock_};
    std::swap(writing_, queue_);
  }
  // A pipe with room takes that much without waiting.
  const auto size = std::min<std::size_t>(writing_.size() - written_, PIPE_BUF);
  const auto done = ::write(to_, writing_.data() + written_, size);
  if (done < 0)
    return errno == EINTR || errno == EAGAIN;
  written_ += static_cast<std::size_t>(done);
  waiting_ -= static_cast<std::size_t>(done);
  return true;
}

} // namespace caisson
