// The upstream of the bench: one thread, epoll, replies built before the first
// request, so that it costs as little as may be of the core it shares with the
// client. The request's model name chooses the reply:
//   bench-1k, bench-16k          a chat completion of 1 077 B, 15 817 B
//   bench-sse, bench-sse-paced   32 events of 297 B, each in a send of its own,
//                                and [DONE]; paced: 10 ms between any two
// Prints `port N` when it listens on 127.0.0.1. GET answers 200.
#include <algorithm>
#include <cerrno>
#include <chrono>
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

#include "replies.hpp"

namespace {

using namespace bench;

using clock_type = std::chrono::steady_clock;

constexpr auto pace = std::chrono::milliseconds{10};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct connection {
  explicit connection(int socket) : fd(socket) {}

  int fd;
  std::size_t used = 0; ///< bytes of `in`
  std::string out;      ///< what the socket did not take yet
  std::size_t part = 0; ///< the stream's next send
  bool streams = false;
  bool paced = false;
  bool gone = false;
  char in[32'768];
};

using connection_ptr = std::shared_ptr<connection>;

struct due {
  clock_type::time_point at;
  connection_ptr who;
};

class upstream {
public:
  upstream();
  void run();

private:
  void accept_all();
  void read(const connection_ptr& c);
  std::size_t take_request(const connection_ptr& c, std::string_view in);
  void answer(const connection_ptr& c, std::string_view model);
  void send(connection& c, std::string_view bytes);
  void flush(connection& c);
  void next_part(const connection_ptr& c);
  void run_streams();
  void close(connection& c);

  int listener_;
  int epoll_;
  std::vector<connection_ptr> connections_; ///< by fd
  std::deque<connection_ptr> unpaced_;
  std::deque<due> paced_; ///< in order of time: the delay is always the same
  const std::string small_ = completion(1'077);
  const std::string large_ = completion(15'817);
  const std::string unknown_
    = with_head("404 Not Found", R"({"error":{"message":"no such model"}})");
  const std::string alive_ = with_head("200 OK", R"({"object":"list"})");
  const std::vector<std::string> stream_ = stream_parts();
};

upstream::upstream() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&here);
  socklen_t size = sizeof here;
  if (bind(listener_, address, size) != 0 || listen(listener_, 4'096) != 0
      || getsockname(listener_, address, &size) != 0)
    fail("listen");
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.fd = listener_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &e);
  std::printf("port %d\n", ntohs(here.sin_port));
  std::fflush(stdout);
}

void upstream::run() {
  epoll_event events[256];
  for (;;) {
    timespec wait{};
    auto* timeout = &wait;
    if (unpaced_.empty() && paced_.empty())
      timeout = nullptr;
    else if (unpaced_.empty())
      wait.tv_nsec
        = std::max<long>(0, (paced_.front().at - clock_type::now()).count());
    auto n = epoll_pwait2(epoll_, events, 256, timeout, nullptr);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.fd == listener_) {
        accept_all();
        continue;
      }
      auto c = connections_[std::size_t(events[i].data.fd)];
      if (!c)
        continue;
      if (events[i].events & EPOLLOUT)
        flush(*c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read(c);
    }
    run_streams();
  }
}

void upstream::accept_all() {
  for (;;) {
    auto fd
      = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
      return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connections_.size() <= std::size_t(fd))
      connections_.resize(std::size_t(fd) + 1);
    connections_[std::size_t(fd)] = std::make_shared<connection>(fd);
    epoll_event e{};
    e.events = EPOLLIN | EPOLLOUT | EPOLLET;
    e.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
  }
}

void upstream::read(const connection_ptr& c) {
  // Edge-triggered: a read that fills the buffer must be followed by another.
  for (bool more = true; more && !c->gone;) {
    auto space = sizeof c->in - c->used;
    auto n = recv(c->fd, c->in + c->used, space, 0);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0)
      return close(*c);
    more = std::size_t(n) == space;
    c->used += std::size_t(n);
    std::size_t taken = 0;
    while (auto size = take_request(c, {c->in + taken, c->used - taken}))
      taken += size;
    std::memmove(c->in, c->in + taken, c->used - taken);
    c->used -= taken;
    if (c->used == sizeof c->in)
      close(*c);
  }
}

/// Answers the first request of `in`; 0 if it is not all there.
std::size_t upstream::take_request(const connection_ptr& c,
                                   std::string_view in) {
  auto end = in.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return 0;
  if (in.starts_with("GET ")) {
    send(*c, alive_);
    return end + 4;
  }
  static constexpr std::string_view name = "\r\ncontent-length:";
  std::size_t length = 0;
  for (std::size_t at = 0; at < end; at = in.find("\r\n", at + 2))
    if (strncasecmp(in.data() + at, name.data(), name.size()) == 0)
      length = std::strtoul(in.data() + at + name.size(), nullptr, 10);
  auto size = end + 4 + length;
  if (in.size() < size)
    return 0;
  auto body = in.substr(end + 4, length);
  auto at = body.find("\"model\"");
  auto open = body.find('"', at + 7);
  auto stop = body.find('"', open + 1);
  answer(c, at == std::string_view::npos || stop == std::string_view::npos
              ? std::string_view{}
              : body.substr(open + 1, stop - open - 1));
  return size;
}

void upstream::answer(const connection_ptr& c, std::string_view model) {
  if (model == "bench-1k")
    return send(*c, small_);
  if (model == "bench-16k")
    return send(*c, large_);
  if (!model.starts_with("bench-sse"))
    return send(*c, unknown_);
  c->streams = true;
  c->paced = model == "bench-sse-paced";
  c->part = 0;
  next_part(c);
}

void upstream::send(connection& c, std::string_view bytes) {
  if (c.gone)
    return;
  if (c.out.empty()) {
    auto n = ::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
      return close(c);
    bytes.remove_prefix(n > 0 ? std::size_t(n) : 0);
  }
  c.out += bytes;
}

void upstream::flush(connection& c) {
  if (c.out.empty())
    return;
  auto rest = std::move(c.out);
  c.out.clear();
  send(c, rest);
}

void upstream::next_part(const connection_ptr& c) {
  send(*c, stream_[c->part++]);
  if (c->gone || c->part == stream_.size())
    c->streams = false;
  else if (c->paced)
    paced_.push_back({clock_type::now() + pace, c});
  else
    unpaced_.push_back(c);
}

/// One part for each running stream, so that streams interleave.
void upstream::run_streams() {
  for (auto n = unpaced_.size(); n > 0; --n) {
    auto c = std::move(unpaced_.front());
    unpaced_.pop_front();
    if (!c->gone)
      next_part(c);
  }
  if (paced_.empty())
    return;
  for (auto now = clock_type::now();
       !paced_.empty() && paced_.front().at <= now;) {
    auto c = std::move(paced_.front().who);
    paced_.pop_front();
    if (!c->gone)
      next_part(c);
  }
}

void upstream::close(connection& c) {
  if (c.gone)
    return;
  c.gone = true;
  ::close(c.fd);
  connections_[std::size_t(c.fd)].reset();
}

} // namespace

int main() {
  prctl(PR_SET_TIMERSLACK, 1);
  upstream{}.run();
}
