// The upstream of the bench: one thread, epoll, replies built before the first
// request, so that it costs as little as may be of the core it shares with the
// client. The request's model name chooses the reply:
//   bench-1k, bench-16k          a chat completion of 1 077 B, 15 817 B
//   bench-1k-after-20ms          the same after 20 ms, or any other number
//   bench-1k-around-300ms        the same after a time as a model takes, see
//                                delays.hpp; half of them within 300 ms
//   bench-503                    an error with Retry-After
//   bench-sse, bench-sse-paced   32 events of 297 B, each in a send of its own,
//                                and [DONE]; paced: 10 ms between any two
//   bench-flaky, bench-sse-flaky one fault after the other, and whole answers
// Posts to /mcp are for a server of MCP with one tool, see mcp_replies.hpp.
// `bench_upstream [PORT]` prints `port N since NS` when it listens on
// 127.0.0.1, NS of the steady clock. GET says how many posts there were. After
// SIGUSR1 all of them fail with 500, after SIGUSR2 none.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "delays.hpp"
#include "mcp_replies.hpp"
#include "replies.hpp"
#include "upstream_connection.hpp"

namespace {

using namespace bench;

constexpr auto pace = std::chrono::milliseconds{10};

volatile std::sig_atomic_t failing = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// Of "20ms".
std::chrono::milliseconds time_in(std::string_view text) {
  unsigned ms = 0;
  std::from_chars(text.data(), text.data() + text.size(), ms);
  return std::chrono::milliseconds{ms};
}

class upstream {
public:
  explicit upstream(std::uint16_t port);
  void run();

private:
  void accept_all();
  void read(const connection_ptr& c);
  std::size_t take_request(const connection_ptr& c, std::string_view in);
  void answer(const connection_ptr& c, std::string_view model);
  void answer_badly(const connection_ptr& c);
  void stream_badly(const connection_ptr& c);
  void stream(const connection_ptr& c, bool paced, std::size_t cut);
  void put_off(const connection_ptr& c, std::chrono::nanoseconds by);
  void send(connection& c, std::string_view bytes);
  void flush(connection& c);
  void next_part(const connection_ptr& c);
  void run_streams();
  void close(connection& c);

  int listener_;
  int epoll_;
  std::vector<connection_ptr> connections_; ///< by fd
  std::deque<connection_ptr> unpaced_;
  std::priority_queue<due> later_;
  std::uint64_t posts_ = 0;
  std::uint64_t put_off_ = 0;
  std::uint64_t faults_ = 0; ///< turns through the kinds of faults
  delays delays_;
  const std::string small_ = completion(1'077);
  const std::string large_ = completion(15'817);
  const std::string unknown_
    = with_head("404 Not Found", R"({"error":{"message":"no such model"}})");
  const std::string failure_ = with_head(
    "500 Internal Server Error", R"({"error":{"message":"on purpose"}})");
  const std::string overload_
    = with_head("503 Service Unavailable",
                R"({"error":{"message":"on purpose"}})", "Retry-After: 1\r\n");
  const std::vector<std::string> stream_ = stream_parts();
};

upstream::upstream(std::uint16_t port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1; // a port that was just given up may be taken again
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
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
  std::printf(
    "port %d since %lld\n", ntohs(here.sin_port),
    static_cast<long long>(clock_type::now().time_since_epoch().count()));
  std::fflush(stdout);
}

void upstream::run() {
  epoll_event events[256];
  for (;;) {
    timespec wait{};
    auto* timeout = &wait;
    if (unpaced_.empty() && later_.empty()) {
      timeout = nullptr;
    } else if (unpaced_.empty()) {
      auto left = std::max<std::int64_t>(
        0, (later_.top().at - clock_type::now()).count());
      wait = {left / 1'000'000'000, left % 1'000'000'000};
    }
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
    send(*c, with_head("200 OK", R"({"object":"list","posts":)"
                                   + std::to_string(posts_) + "}"));
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
  if (in.starts_with("POST /mcp ")) {
    ++posts_;
    send(*c, mcp_reply(body));
    return size;
  }
  auto at = body.find("\"model\"");
  auto open = body.find('"', at + 7);
  auto stop = body.find('"', open + 1);
  answer(c, at == std::string_view::npos || stop == std::string_view::npos
              ? std::string_view{}
              : body.substr(open + 1, stop - open - 1));
  return size;
}

void upstream::answer(const connection_ptr& c, std::string_view model) {
  static constexpr std::string_view after = "bench-1k-after-";
  static constexpr std::string_view around = "bench-1k-around-";
  ++posts_;
  if (failing)
    return send(*c, failure_);
  if (model == "bench-1k")
    return send(*c, small_);
  if (model == "bench-16k")
    return send(*c, large_);
  if (model == "bench-503")
    return send(*c, overload_);
  if (model == "bench-flaky")
    return answer_badly(c);
  if (model == "bench-sse-flaky")
    return stream_badly(c);
  if (model.starts_with("bench-sse"))
    return stream(c, model == "bench-sse-paced", 0);
  if (model.starts_with(after))
    return put_off(c, time_in(model.substr(after.size())));
  if (model.starts_with(around))
    return put_off(c, delays_.next(time_in(model.substr(around.size()))));
  send(*c, unknown_);
}

/// Each kind of fault in its turn, between answers that are whole.
void upstream::answer_badly(const connection_ptr& c) {
  switch (faults_++ % 10) {
    case 0:
      return send(*c, failure_);
    case 2:
      return close(*c);
    case 4:
      return send(*c, "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n");
    case 6: // half of it
      send(*c, std::string_view{small_}.substr(0, small_.size() / 2));
      return close(*c);
    case 8: // until the caller gives up
      return;
    default:
      return send(*c, small_);
  }
}

void upstream::stream_badly(const connection_ptr& c) {
  switch (faults_++ % 8) {
    case 0:
      return send(*c, failure_);
    case 2: // before the first token
      return stream(c, false, 1);
    case 4:
      return stream(c, true, 10);
    case 6: // falls silent
      c->streams = true;
      return send(*c, stream_.front());
    default:
      return stream(c, true, 0);
  }
}

void upstream::stream(const connection_ptr& c, bool paced, std::size_t cut) {
  c->streams = true;
  c->paced = paced;
  c->cut = cut;
  c->part = 0;
  next_part(c);
}

void upstream::put_off(const connection_ptr& c, std::chrono::nanoseconds by) {
  later_.push({clock_type::now() + by, ++put_off_, c});
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
  if (!c->gone && c->part == c->cut)
    close(*c);
  if (c->gone || c->part == stream_.size())
    c->streams = false;
  else if (c->paced)
    put_off(c, pace);
  else
    unpaced_.push_back(c);
}

/// One part for each running stream, so that streams interleave; then what was
/// put off until now.
void upstream::run_streams() {
  for (auto n = unpaced_.size(); n > 0; --n) {
    auto c = std::move(unpaced_.front());
    unpaced_.pop_front();
    if (!c->gone)
      next_part(c);
  }
  if (later_.empty())
    return;
  for (auto now = clock_type::now();
       !later_.empty() && later_.top().at <= now;) {
    auto c = later_.top().who;
    later_.pop();
    if (!c->gone && c->streams)
      next_part(c);
    else if (!c->gone)
      send(*c, small_);
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

int main(int argc, char** argv) {
  prctl(PR_SET_TIMERSLACK, 1);
  std::signal(SIGUSR1, [](int) { failing = 1; });
  std::signal(SIGUSR2, [](int) { failing = 0; });
  auto port = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  upstream{static_cast<std::uint16_t>(port)}.run();
}
