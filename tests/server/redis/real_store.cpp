#include "tests/server/redis/real_store.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <arpa/inet.h>
#include <spawn.h>
#include <sys/wait.h>

namespace caisson::redis {
namespace {

/// Written by hand: what is tested must not be what it is tested with.
std::string ask_plainly(std::uint16_t port,
                        const std::vector<std::string>& what) {
  auto fd = ::socket(AF_INET, SOCK_STREAM, 0);
  timeval patience{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  std::string reply;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0) {
    auto text = "*" + std::to_string(what.size()) + "\r\n";
    for (auto& x : what)
      text += "$" + std::to_string(x.size()) + "\r\n" + x + "\r\n";
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    char buffer[4096];
    auto size = ::recv(fd, buffer, sizeof(buffer), 0);
    reply.assign(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  }
  ::close(fd);
  return reply;
}

} // namespace

std::uint16_t free_port() {
  return listener{}.port;
}

bool real_store::there() {
  static const bool found
    = std::system("command -v redis-server >/dev/null 2>&1") == 0;
  if (!found)
    WARN("redis-server is missing: not tested with a real one");
  return found;
}

real_store::real_store(store_world& in, std::vector<std::string> settings,
                       bool sentinel)
  : port{free_port()}, world_{in}, settings_{std::move(settings)},
    sentinel_{sentinel} {
  char name[] = "/tmp/caisson-redis-XXXXXX";
  REQUIRE(::mkdtemp(name));
  dir = name;
  std::ofstream{dir / "redis.conf"}
    << "bind 127.0.0.1\nport " << port << "\ndir " << dir.string()
    << "\nprotected-mode no\n"
    << (sentinel ? "" : "save \"\"\nappendonly no\n");
  start();
}

real_store::~real_store() {
  kill();
  std::filesystem::remove_all(dir);
}

void real_store::start() {
  std::vector<std::string> line{"redis-server", (dir / "redis.conf").string()};
  if (sentinel_)
    line.emplace_back("--sentinel");
  line.insert(line.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (auto& x : line)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, (dir / "log").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  REQUIRE(posix_spawnp(&child_, "redis-server", &files, nullptr,
                       arguments.data(), environ)
          == 0);
  posix_spawn_file_actions_destroy(&files);
  INFO("redis-server on port " << port);
  REQUIRE(world_.until([&] { return !ask_plainly(port, {"PING"}).empty(); }));
}

void real_store::kill() {
  if (child_ < 0)
    return;
  ::kill(child_, SIGKILL);
  ::waitpid(std::exchange(child_, -1), nullptr, 0);
}

void real_store::pause() {
  ::kill(child_, SIGSTOP);
}

void real_store::go_on() {
  ::kill(child_, SIGCONT);
}

std::string real_store::admin(std::vector<std::string> what) {
  auto reply = ask_plainly(port, what);
  if (reply.starts_with('+') || reply.starts_with(':'))
    return reply.substr(1, reply.find('\r') - 1);
  if (reply.starts_with('$'))
    return reply.substr(reply.find('\n') + 1,
                        reply.size() - reply.find('\n') - 3);
  return reply;
}

} // namespace caisson::redis
