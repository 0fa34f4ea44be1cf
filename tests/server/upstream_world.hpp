#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/upstream/provider_port.hpp"
#include "tests/support/catch.hpp"

namespace caisson::upstream {

/// The scripted end of one connection, driven by the test itself: on loopback
/// what one side has sent lies in the other's queue when `send` returns, so
/// that one thread plays both sides in a fixed order.
class peer {
public:
  explicit peer(int fd) : fd_{fd} {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  peer(peer&& other) noexcept : peer{-1} { *this = std::move(other); }
  peer& operator=(peer&& other) noexcept {
    std::swap(fd_, other.fd_);
    all.swap(other.all);
    std::swap(ended, other.ended);
    return *this;
  }
  ~peer() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  void reset() {
    linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }

  void say(std::string_view text) {
    while (!text.empty()) {
      auto size = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      REQUIRE(size > 0);
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  /// Writes what the system takes without waiting.
  std::size_t say_some(std::string_view text) {
    auto size
      = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  /// Bytes heard so far; takes what is there.
  const std::string& heard() {
    char buffer[65536];
    for (;;) {
      auto size = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
      if (size <= 0) {
        ended = ended || size == 0 || errno == ECONNRESET;
        return all;
      }
      all.append(buffer, static_cast<std::size_t>(size));
    }
  }

  /// Small buffers, so that a blocked write shows early.
  void shrink() {
    int size = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  }

  std::string all;
  bool ended = false;

private:
  int fd_;
};

/// A loopback listener on a port of the system's choice.
class listener {
public:
  listener() : fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(fd_, 64) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  listener(const listener&) = delete;
  ~listener() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  std::optional<peer> accept() {
    auto fd = ::accept(fd_, nullptr, nullptr);
    return fd < 0 ? std::nullopt : std::optional<peer>{peer{fd}};
  }

  /// Takes up all room for connections that nobody accepts.
  void fill() {
    ::listen(fd_, 0);
    sockaddr_in at{};
    socklen_t size = sizeof(at);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    for (int i = 0; i < 4; ++i) {
      auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(fd, reinterpret_cast<sockaddr*>(&at), size);
      waiting.emplace_back(fd);
    }
  }

  std::uint16_t port = 0;
  std::vector<peer> waiting;

private:
  int fd_;
};

/// What a listener of an exchange was told.
struct story {
  int started = 0;
  int chunks = 0;
  std::string text;
  std::vector<bytes> kept;
  std::optional<bytes> whole;
  std::optional<fault> failed;
  int ends = 0;
  bool keep = false;
  bool gone = false; ///< the listener is destroyed
  std::function<void()> at_start, at_more, at_end;

  failure_kind kind() const {
    return failed ? failed->kind : failure_kind::none;
  }
};

class recorder final : public exchange_listener {
public:
  explicit recorder(story& to) : to_{to} {}
  ~recorder() override { to_.gone = true; }

  void started() override {
    ++to_.started;
    run(to_.at_start);
  }
  void more(bytes chunk, std::uint32_t) override {
    ++to_.chunks;
    to_.text += chunk.data;
    if (to_.keep)
      to_.kept.push_back(std::move(chunk));
    run(to_.at_more);
  }
  void finished(bytes whole, token_usage) override {
    ++to_.ends;
    to_.whole = std::move(whole);
    run(to_.at_end);
  }
  void failed(fault what) override {
    ++to_.ends;
    to_.failed = std::move(what);
    run(to_.at_end);
  }

private:
  static void run(const std::function<void()>& what) {
    if (what)
      what();
  }
  story& to_;
};

/// A wire that passes everything through. A stream has its token after
/// "token", ends with "[DONE]" and breaks at "error:"; a whole body starting
/// with "translate" becomes "translated", one with "bad" is refused.
class plain_wire final : public protocol::dialect {
public:
  result<protocol::upstream_request>
  encode(std::shared_ptr<const protocol::chat_request>,
         const protocol::provider_identity& who) const override;
  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override;
  std::unique_ptr<protocol::reply_reader>
  reader(std::shared_ptr<const protocol::chat_request>,
         const protocol::provider_identity&) const override;

  std::vector<std::string> body{"{\"a\":", "1}"};
  std::string fields = "Content-Type: application/json\r\n";
  std::optional<fault> refuses;
};

/// One provider on a loopback port, a port to it, and a clock of their own.
class world {
public:
  explicit world(reply_limits limits = {}, pool::settings idle = {});
  ~world();

  /// Starts an attempt; the story must outlive it.
  std::unique_ptr<exchange> ask(story& told, bool stream = false,
                                bool idempotent = true);

  /// Runs until nothing is left to do at the moment.
  void settle();
  /// Runs until `what` holds; false after 5 s.
  bool until(const std::function<bool()>& what);
  peer accept();
  /// The next connection, its request read to the end.
  peer next();
  /// Reads one more request of a connection.
  void request(peer& from);

  boost::asio::io_context io{1};
  listener provider;
  time_point now = std::chrono::steady_clock::now();
  std::shared_ptr<pool> idle;
  std::shared_ptr<site> where;
  plain_wire wire;
  std::unique_ptr<http_provider_port> port;
};

/// `HTTP/1.1 200 OK` with a body of known length.
std::string reply(std::string_view body, std::string_view fields = "");
/// The head of a chunked event stream.
std::string stream_head();
std::string chunk(std::string_view data);

} // namespace caisson::upstream
