// The client of the bench: one thread, epoll, keep-alive connections that post
// one chat completion after the other (or --get a path, or send the bytes that
// --request names). Two ways (--rate 0 is
// the first):
//   closed loop   each connection asks again as soon as it has its answer;
//   open loop     requests are due at even distances whether or not answers
//                 came, and latency counts from when a request was due, so a
//                 stall of the target is seen by all that it delays.
//                 Where all connections are busy it may open more.
// --seconds is how long, or until SIGTERM. Prints one line of JSON. Whatever is
// not a whole 2xx answer is an error, but for the statuses that --allow names:
// those are refusals, with a latency of their own.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load_connection.hpp"
#include "load_options.hpp"
#include "load_result.hpp"
#include "process.hpp"
#include "prompts.hpp"

namespace {

using namespace bench;
using std::chrono::nanoseconds;

volatile std::sig_atomic_t told_to_end = 0;

std::uint64_t ns_between(time_point from, time_point to) {
  return std::uint64_t(std::max<std::int64_t>(0, (to - from).count()));
}

class load {
public:
  explicit load(const load_options& what);
  int run();

private:
  void connect(connection& c);
  void drop(connection& c);
  void ask(connection& c, time_point due);
  void send_request(connection& c);
  void watch_for(connection& c, std::uint32_t events, int how);
  void ready(connection& c);
  void read(connection& c);
  void answered(connection& c);
  void good(connection& c, time_point now);
  void refused(connection& c, time_point now);
  void failed(connection& c, const std::string& why);
  void next(connection& c);
  void start_due(time_point now);
  connection* free_connection();
  nanoseconds time_to_next(time_point now) const;
  void watch(time_point now);
  void turn(nanoseconds wait);
  bool drained() const;
  void count_unanswered();
  bool counts(const connection& c) const;
  void note(const std::string& kind, time_point now);

  bool open_loop() const { return options_.rate > 0; }

  const load_options options_;
  std::string request_; ///< the number of its prompt is written into it
  prompts prompts_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<connection> connections_; // a deque: they stay where they are
  std::vector<connection*> idle_;
  std::vector<epoll_event> ready_ = std::vector<epoll_event>(1'024);
  time_point begin_, end_;
  std::uint64_t arrivals_ = 0; ///< that were due so far
  std::deque<time_point> backlog_;
  bool measuring_ = false;
  bool measured_ = false;
  load_result result_;
};

load::load(const load_options& what)
  : options_(what), request_(what.request()), prompts_(what.prompts),
    connections_(what.connections) {}

// -- connections --------------------------------------------------------------

/// Does not wait for the other side: one that is slow to accept must not hold
/// up the other connections.
void load::connect(connection& c) {
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(options_.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (c.fd < 0
      || (::connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0
          && errno != EINPROGRESS)) {
    std::fprintf(stderr, "bench_load: port %d: %s\n", int(options_.port),
                 std::strerror(errno));
    std::exit(1);
  }
  int on = 1;
  setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch_for(c, EPOLLIN, EPOLL_CTL_ADD);
  c.used = 0;
}

void load::drop(connection& c) {
  if (c.fd >= 0)
    close(c.fd);
  c.fd = -1;
  c.unsent = false;
}

void load::watch_for(connection& c, std::uint32_t events, int how) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = &c;
  epoll_ctl(epoll_, how, c.fd, &e);
}

void load::ready(connection& c) {
  if (c.fd < 0)
    return;
  if (c.unsent) {
    c.unsent = false;
    watch_for(c, EPOLLIN, EPOLL_CTL_MOD);
    send_request(c);
  } else {
    read(c);
  }
}

// -- one request --------------------------------------------------------------

void load::ask(connection& c, time_point due) {
  c.busy = true;
  c.prompt = prompts_.next();
  c.due = due;
  c.first_byte = {};
  c.reply = {};
  if (c.fd < 0)
    connect(c);
  send_request(c);
}

void load::send_request(connection& c) {
  if (!options_.prompts.empty())
    write_prompt(request_, c.prompt);
  // A request is far smaller than an empty send buffer: it goes out whole.
  auto n = send(c.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN) {
    c.unsent = true;
    watch_for(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  } else if (n != ssize_t(request_.size())) {
    failed(c, "send");
  }
}

void load::read(connection& c) {
  auto n = recv(c.fd, c.in.get() + c.used, c.in_size - c.used, 0);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    if (c.busy)
      return failed(c, "closed");
    ++result_.reconnects; // a server may end an idle connection
    return drop(c);
  }
  if (!c.busy)
    return failed(c, "unasked");
  if (c.first_byte == time_point{})
    c.first_byte = clock_type::now();
  c.used += std::size_t(n);
  auto events = c.reply.events;
  auto bytes = c.reply.body_bytes;
  auto taken = c.reply.feed({c.in.get(), c.used});
  if (measuring_) {
    result_.events += c.reply.events - events;
    result_.body_bytes += c.reply.body_bytes - bytes;
  }
  std::memmove(c.in.get(), c.in.get() + taken, c.used - taken);
  c.used -= taken;
  if (c.reply.bad() || c.used == c.in_size)
    failed(c, "garbled");
  else if (c.reply.done())
    answered(c);
}

/// Closed loop: answers that come in the window; open loop: requests due in it.
bool load::counts(const connection& c) const {
  return open_loop() ? c.due >= begin_ && c.due < end_ : measuring_;
}

void load::answered(connection& c) {
  auto& got = c.reply;
  auto now = clock_type::now();
  if (options_.allowed(got.status)) {
    refused(c, now);
  } else if (got.status < 200 || got.status > 299) {
    return failed(c, "status_" + std::to_string(got.status));
  } else {
    auto whole = options_.stream
                   ? got.stream_is_whole() && got.events >= options_.min_events
                   : got.body_bytes >= options_.min_bytes;
    if (!whole)
      return failed(c, "short");
    good(c, now);
  }
  if (got.closes) {
    ++result_.reconnects;
    drop(c);
  }
  next(c);
}

void load::good(connection& c, time_point now) {
  if (options_.changes)
    note("200", now);
  result_.completed += measuring_ ? 1 : 0;
  if (!counts(c))
    return;
  result_.latency.record(ns_between(c.due, now));
  result_.first_byte.record(ns_between(c.due, c.first_byte));
  if (options_.within > nanoseconds{0} && now - c.due > options_.within)
    ++result_.late;
}

void load::refused(connection& c, time_point now) {
  auto& got = c.reply;
  auto kind = std::to_string(got.status);
  if (!got.code().empty())
    kind.append(" ").append(got.code());
  note(kind, now);
  if (!counts(c))
    return;
  ++result_.refusals[kind];
  result_.refused.record(ns_between(c.due, now));
  if ((got.status == 429 || got.status == 503) && !got.retry_after)
    ++result_.bare;
}

void load::note(const std::string& kind, time_point now) {
  if (options_.changes)
    result_.note_change(now.time_since_epoch().count(), kind);
}

void load::failed(connection& c, const std::string& why) {
  note(why, clock_type::now());
  result_.count_error(why);
  if (result_.error_count >= 1'000) {
    result_.print();
    std::exit(2);
  }
  drop(c);
  next(c);
}

// -- when to ask --------------------------------------------------------------

void load::next(connection& c) {
  c.busy = false;
  if (!open_loop()) {
    if (!measured_)
      ask(c, clock_type::now());
    return;
  }
  if (backlog_.empty())
    return idle_.push_back(&c);
  auto due = backlog_.front();
  backlog_.pop_front();
  ask(c, due);
}

connection* load::free_connection() {
  if (!idle_.empty()) {
    auto* last = idle_.back();
    idle_.pop_back();
    return last;
  }
  if (connections_.size() >= options_.most_connections)
    return nullptr;
  return &connections_.emplace_back();
}

/// Starts what is due; what finds no connection waits for the next answer.
void load::start_due(time_point now) {
  while (time_to_next(now) <= nanoseconds{0}) {
    auto due = now + time_to_next(now);
    ++arrivals_;
    if (auto* c = free_connection())
      ask(*c, due);
    else
      backlog_.push_back(due);
  }
}

nanoseconds load::time_to_next(time_point now) const {
  auto first = begin_ - options_.warm_up;
  auto at
    = first
      + nanoseconds(std::int64_t(1e9 * double(arrivals_) / options_.rate));
  return at < end_ ? at - now : nanoseconds::max();
}

// -- the run ------------------------------------------------------------------

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

/// What was due in the window has been asked and answered.
bool load::drained() const {
  return !open_loop()
         || (backlog_.empty() && idle_.size() == connections_.size());
}

void load::turn(nanoseconds wait) {
  timespec timeout{0, wait.count()};
  auto n = epoll_pwait2(epoll_, ready_.data(), int(ready_.size()), &timeout,
                        nullptr);
  for (int i = 0; i < n; ++i)
    ready(*static_cast<connection*>(ready_[std::size_t(i)].data.ptr));
}

/// Closed loop: every connection was busy when the window closed; one whose
/// request had been waiting long by then never got its answer. Where refusals
/// are allowed the target is beyond its capacity, and this is a figure.
void load::count_unanswered() {
  auto until = open_loop() ? end_ : end_ - options_.length / 2;
  result_.unanswered = backlog_.size();
  for (auto& c : connections_)
    if (c.busy && c.due < until)
      ++result_.unanswered;
  if (result_.unanswered > 0 && options_.allow.empty())
    result_.count_error("unanswered", result_.unanswered);
}

int load::run() {
  for (auto& c : connections_)
    connect(c);
  begin_ = clock_type::now() + options_.warm_up;
  end_ = begin_ + options_.length;
  for (auto& c : connections_)
    next(c);
  for (;;) {
    auto now = clock_type::now();
    if (told_to_end != 0)
      end_ = std::min(end_, now);
    watch(now);
    if (measured_ && (drained() || now > end_ + std::chrono::seconds{5}))
      break;
    auto wait = nanoseconds{std::chrono::milliseconds{10}};
    if (open_loop()) {
      start_due(now);
      wait = std::clamp(time_to_next(now), nanoseconds{0}, wait);
    }
    turn(wait);
  }
  count_unanswered();
  result_.connections = connections_.size();
  result_.print();
  return result_.error_count == 0 ? 0 : 2;
}

} // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_TIMERSLACK, 1);
  std::signal(SIGTERM, [](int) { told_to_end = 1; });
  return load{load_options::parse(argc, argv)}.run();
}
