// The client of the bench: one thread, epoll, keep-alive connections that post
// one chat completion after the other. Two ways (--rate 0 is the first):
//   closed loop   each connection asks again as soon as it has its answer;
//   open loop     requests are due at even distances whether or not answers
//                 came, and latency counts from when a request was due, so a
//                 stall of the target is seen by all that it delays.
// Prints one line of JSON. Whatever is not a whole 2xx answer is an error.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "load_options.hpp"
#include "load_result.hpp"
#include "process.hpp"
#include "reply_reader.hpp"

namespace {

using namespace bench;
using clock_type = std::chrono::steady_clock;
using time_point = clock_type::time_point;
using std::chrono::nanoseconds;

std::uint64_t ns_between(time_point from, time_point to) {
  return std::uint64_t(std::max<std::int64_t>(0, (to - from).count()));
}

struct connection {
  int fd = -1;
  bool busy = false;
  time_point due;        ///< when the running request was due
  time_point first_byte; ///< of its answer; unset: none yet
  reply_reader reply;
  std::size_t used = 0;
  std::vector<char> in = std::vector<char>(65'536);
};

class load {
public:
  explicit load(const load_options& what);
  int run();

private:
  void connect(connection& c);
  void ask(connection& c, time_point due);
  void read(connection& c);
  void answered(connection& c);
  void failed(connection& c, const std::string& why);
  void next(connection& c);
  void start_due(time_point now);
  nanoseconds time_to_next(time_point now) const;
  void watch(time_point now);

  bool open_loop() const { return options_.rate > 0; }

  const load_options options_;
  const std::string request_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<connection> connections_;
  std::vector<connection*> idle_;
  time_point begin_, end_;
  std::uint64_t arrivals_ = 0; ///< that were due so far
  std::deque<time_point> backlog_;
  bool measuring_ = false;
  bool measured_ = false;
  load_result result_;
};

load::load(const load_options& what)
  : options_(what), request_(what.request()), connections_(what.connections) {}

void load::connect(connection& c) {
  if (c.fd >= 0)
    close(c.fd);
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval patience{2, 0}; // for connect: a full backlog answers nothing
  setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(options_.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::fprintf(stderr, "bench_load: port %d: %s\n", int(options_.port),
                 std::strerror(errno));
    std::exit(1);
  }
  int on = 1;
  setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = &c;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e);
  c.used = 0;
  c.busy = false;
}

void load::ask(connection& c, time_point due) {
  c.busy = true;
  c.due = due;
  c.first_byte = {};
  c.reply = {};
  // A request is far smaller than an empty send buffer: it goes out whole.
  auto n = send(c.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (n != ssize_t(request_.size()))
    failed(c, "send");
}

void load::read(connection& c) {
  auto n = recv(c.fd, c.in.data() + c.used, c.in.size() - c.used, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    if (c.busy)
      return failed(c, "closed");
    ++result_.reconnects; // a server may end an idle connection
    return connect(c);
  }
  if (!c.busy)
    return failed(c, "unasked");
  if (c.first_byte == time_point{})
    c.first_byte = clock_type::now();
  c.used += std::size_t(n);
  auto events = c.reply.events;
  auto bytes = c.reply.body_bytes;
  auto taken = c.reply.feed({c.in.data(), c.used});
  if (measuring_) {
    result_.events += c.reply.events - events;
    result_.body_bytes += c.reply.body_bytes - bytes;
  }
  std::memmove(c.in.data(), c.in.data() + taken, c.used - taken);
  c.used -= taken;
  if (c.reply.bad() || c.used == c.in.size())
    failed(c, "garbled");
  else if (c.reply.done())
    answered(c);
}

void load::answered(connection& c) {
  auto& got = c.reply;
  if (got.status < 200 || got.status > 299)
    return failed(c, "status_" + std::to_string(got.status));
  auto whole = options_.stream
                 ? got.stream_is_whole() && got.events >= options_.min_events
                 : got.body_bytes >= options_.min_bytes;
  if (!whole)
    return failed(c, "short");
  // Closed loop: answers that come in the window; open loop: requests due in
  // it.
  if (open_loop() ? c.due >= begin_ && c.due < end_ : measuring_) {
    result_.latency.record(ns_between(c.due, clock_type::now()));
    result_.first_byte.record(ns_between(c.due, c.first_byte));
  }
  if (got.closes) {
    ++result_.reconnects;
    connect(c);
  }
  next(c);
}

void load::failed(connection& c, const std::string& why) {
  result_.count_error(why);
  if (result_.error_count >= 1'000) {
    result_.print();
    std::exit(2);
  }
  connect(c);
  next(c);
}

void load::next(connection& c) {
  c.busy = false;
  if (measured_)
    return;
  if (!open_loop())
    return ask(c, clock_type::now());
  if (backlog_.empty())
    return idle_.push_back(&c);
  auto due = backlog_.front();
  backlog_.pop_front();
  ask(c, due);
}

/// Starts what is due on idle connections; the rest waits for the next answer.
void load::start_due(time_point now) {
  while (time_to_next(now) <= nanoseconds{0}) {
    auto due = now + time_to_next(now);
    ++arrivals_;
    if (idle_.empty()) {
      backlog_.push_back(due);
      continue;
    }
    auto* c = idle_.back();
    idle_.pop_back();
    ask(*c, due);
  }
}

nanoseconds load::time_to_next(time_point now) const {
  auto first = begin_ - options_.warm_up;
  auto at
    = first
      + nanoseconds(std::int64_t(1e9 * double(arrivals_) / options_.rate));
  return at < end_ ? at - now : nanoseconds::max();
}

/// Opens and closes the window.
void load::watch(time_point now) {
  if (!measuring_ && !measured_ && now >= begin_) {
    measuring_ = true;
    result_.before = usage_of(options_.pids);
    result_.own_before = usage_of({int(getpid())});
  }
  if (measuring_ && now >= end_) {
    measuring_ = false;
    measured_ = true;
    result_.after = usage_of(options_.pids);
    result_.own_after = usage_of({int(getpid())});
    result_.seconds = double(ns_between(begin_, clock_type::now())) / 1e9;
  }
}

int load::run() {
  for (auto& c : connections_)
    connect(c);
  begin_ = clock_type::now() + options_.warm_up;
  end_ = begin_ + options_.length;
  for (auto& c : connections_)
    next(c);
  std::vector<epoll_event> ready(connections_.size());
  for (;;) {
    auto now = clock_type::now();
    watch(now);
    auto drained = !open_loop()
                   || (backlog_.empty() && idle_.size() == connections_.size());
    if (measured_ && (drained || now > end_ + std::chrono::seconds{5}))
      break;
    auto wait = nanoseconds{std::chrono::milliseconds{10}};
    if (open_loop()) {
      start_due(now);
      wait = std::clamp(time_to_next(now), nanoseconds{0}, wait);
    }
    timespec timeout{0, wait.count()};
    auto n = epoll_pwait2(epoll_, ready.data(), int(ready.size()), &timeout,
                          nullptr);
    for (int i = 0; i < n; ++i)
      read(*static_cast<connection*>(ready[std::size_t(i)].data.ptr));
  }
  // Closed loop: every connection was busy when the window closed; one whose
  // request had been waiting long by then never got its answer.
  for (auto& c : connections_)
    if (c.busy && c.due < end_ - options_.length / 2)
      result_.count_error("unanswered");
  result_.print();
  return result_.error_count == 0 ? 0 : 2;
}

} // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_TIMERSLACK, 1);
  return load{load_options::parse(argc, argv)}.run();
}
