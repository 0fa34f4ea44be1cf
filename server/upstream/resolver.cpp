#include "server/upstream/resolver.hpp"

#include <mutex>
#include <unordered_map>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <pthread.h>

namespace caisson::upstream {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

addresses ask_system(const origin& where, error_code& ec) {
  asio::io_context unused;
  tcp::resolver names{unused};
  addresses found;
  for (auto& entry : names.resolve(where.host, std::to_string(where.port),
                                   tcp::resolver::numeric_service, ec))
    found.push_back(entry.endpoint());
  return found;
}

/// Threads that the end of a resolver did not wait for, for good. Kept, so
/// that they are known to leak checkers.
void leave_behind(std::unique_ptr<asio::thread_pool> threads) {
  static std::mutex guard;
  static auto& all = *new std::vector<std::unique_ptr<asio::thread_pool>>;
  std::lock_guard lock{guard};
  all.push_back(std::move(threads));
}

std::string key_of(const origin& where) {
  return where.host + ':' + std::to_string(where.port);
}

} // namespace

struct resolver::shared {
  struct waiter {
    asio::io_context* io;
    handler then;
  };

  struct entry {
    addresses_ptr good;
    time_point at{};
    bool trusted = false;
    bool asking = false;
    std::vector<waiter> waiting;
  };

  settings limits;
  lookup how;
  clock now;
  std::mutex guard;
  std::unordered_map<std::string, entry> names;
  unsigned busy = 0;
  bool over = false;
  std::unique_ptr<asio::thread_pool> threads;

  addresses_ptr younger_than(const entry& what, duration age) const {
    return what.good && now() - what.at < age ? what.good : nullptr;
  }

  /// On a thread of the pool.
  static void run(const std::shared_ptr<shared>& self, const origin& where) {
    pthread_setname_np(pthread_self(), "caisson-dns");
    error_code ec;
    auto found = self->how(where, ec);
    if (!ec && found.empty())
      ec = asio::error::host_not_found;
    std::lock_guard lock{self->guard};
    --self->busy;
    self->settle(self->names[key_of(where)], ec, std::move(found));
  }

  void settle(entry& what, error_code ec, addresses found) {
    what.asking = false;
    if (!ec) {
      what.good = std::make_shared<const addresses>(std::move(found));
      what.at = now();
      what.trusted = true;
    } else if (younger_than(what, limits.usable)) {
      ec = {};
    }
    // After `over` an io_context may be gone; the list is empty by then.
    for (auto& each : std::exchange(what.waiting, {}))
      asio::post(*each.io,
                 [then = std::move(each.then), ec,
                  good = ec ? nullptr : what.good] { then(ec, good); });
  }
};

resolver::resolver()
  : resolver{settings{}, ask_system,
             [] { return std::chrono::steady_clock::now(); }} {}

resolver::resolver(settings what, lookup how, clock now)
  : shared_{std::make_shared<shared>()} {
  shared_->limits = what;
  shared_->how = std::move(how);
  shared_->now = std::move(now);
  shared_->threads = std::make_unique<asio::thread_pool>(what.threads);
}

resolver::~resolver() {
  std::unique_ptr<asio::thread_pool> threads;
  {
    std::lock_guard lock{shared_->guard};
    shared_->over = true;
    for (auto& [name, entry] : shared_->names)
      entry.waiting.clear();
    threads = std::move(shared_->threads);
    if (shared_->busy > 0) {
      // getaddrinfo cannot be interrupted and may take 20 s. The thread owns
      // what it touches, so it may end after us, or never.
      threads->stop();
      leave_behind(std::move(threads));
    }
  }
}

addresses_ptr resolver::known(const origin& where) {
  error_code ec;
  auto literal = asio::ip::make_address(where.host, ec);
  if (!ec)
    return std::make_shared<const addresses>(
      addresses{tcp::endpoint{literal, where.port}});
  std::lock_guard lock{shared_->guard};
  auto found = shared_->names.find(key_of(where));
  if (found == shared_->names.end() || !found->second.trusted)
    return nullptr;
  return shared_->younger_than(found->second, shared_->limits.fresh);
}

addresses_ptr resolver::last_good(const origin& where) {
  std::lock_guard lock{shared_->guard};
  auto found = shared_->names.find(key_of(where));
  return found == shared_->names.end()
           ? nullptr
           : shared_->younger_than(found->second, shared_->limits.usable);
}

void resolver::resolve(const origin& where, asio::io_context& io,
                       handler then) {
  std::lock_guard lock{shared_->guard};
  auto& entry = shared_->names[key_of(where)];
  entry.waiting.push_back({&io, std::move(then)});
  if (std::exchange(entry.asking, true))
    return;
  ++shared_->busy;
  asio::post(*shared_->threads,
             [self = shared_, where] { shared::run(self, where); });
}

void resolver::distrust(const origin& where) {
  std::lock_guard lock{shared_->guard};
  auto found = shared_->names.find(key_of(where));
  if (found != shared_->names.end())
    found->second.trusted = false;
}

} // namespace caisson::upstream
