#include "server/http/listener.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "server/http/greeting.hpp"
#include "server/http/session.hpp"

namespace caisson {
namespace {

using boost::system::error_code;
namespace asio = boost::asio;

// How long to wait when there are no file descriptors left.
constexpr std::chrono::milliseconds rest_for{100};

// The most that are let in at a time, and what they say first is looked at.
constexpr int at_once = 64;

std::uint32_t shed_room(std::uint32_t max_connections) {
  // Connections that are being turned away cost memory too.
  return max_connections + max_connections / 8 + 64;
}

} // namespace

listener::listener(std::vector<io_thread*> threads,
                   std::shared_ptr<door> through, metrics::counter shed)
  : threads_(std::move(threads)), door_(std::move(through)), shed_(shed),
    acceptor_(threads_.front()->context()),
    timer_(threads_.front()->context()) {
  // nop
}

error_code listener::open(const std::string& address, std::uint16_t port) {
  error_code ec;
  auto ip = asio::ip::make_address(address, ec);
  if (ec)
    return ec;
  asio::ip::tcp::endpoint at{ip, port};
  acceptor_.open(at.protocol(), ec);
  if (!ec)
    acceptor_.set_option(asio::socket_base::reuse_address{true}, ec);
  if (!ec)
    acceptor_.bind(at, ec);
  if (!ec)
    acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec)
    acceptor_.non_blocking(true, ec);
  return ec;
}

std::string listener::where() const {
  error_code ec;
  auto at = acceptor_.local_endpoint(ec);
  auto ip = at.address().to_string();
  if (at.address().is_v6())
    ip = "[" + ip + "]";
  return ip + ":" + std::to_string(at.port());
}

void listener::start() {
  asio::post(acceptor_.get_executor(),
             [self = shared_from_this()] { self->accept(); });
}

void listener::stop() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
    self->timer_.cancel();
  });
}

void listener::accept() {
  if (!acceptor_.is_open())
    return;
  auto& home = next_home();
  acceptor_.async_accept(home.context().get_executor(),
                         [self = shared_from_this(), &home](
                           error_code ec, client_socket::socket_type socket) {
                           if (!ec) {
                             self->admit(home, std::move(socket));
                             ec = self->accept_waiting();
                           }
                           if (ec == asio::error::no_descriptors
                               || ec == asio::error::no_buffer_space
                               || ec == asio::error::no_memory)
                             self->rest();
                           else if (ec != asio::error::operation_aborted)
                             self->accept();
                         });
}

/// One at a time, each would have to wait for all else that happens on the
/// thread: where that is much, a queue would grow in front of the door, whose
/// requests could not even be refused in time.
error_code listener::accept_waiting() {
  error_code ec;
  for (auto i = 1; i < at_once && acceptor_.is_open(); ++i) {
    auto& home = next_home();
    auto socket = acceptor_.accept(home.context().get_executor(), ec);
    if (ec)
      break;
    admit(home, std::move(socket));
  }
  return ec == asio::error::would_block ? error_code{} : ec;
}

io_thread& listener::next_home() noexcept {
  return *threads_[next_++ % threads_.size()];
}

void listener::admit(io_thread& home, client_socket::socket_type socket) {
  // Counted here, so that one burst cannot pass the limit together.
  auto present = ++door_->connections;
  auto limits = door_->limits();
  auto full = present > limits->max_connections;
  if (full)
    shed_.add();
  if (full && present > shed_room(limits->max_connections)) {
    --door_->connections;
    return;
  }
  auto begin
    = [&home, full, through = door_, socket = std::move(socket)]() mutable {
        if (through->identity()) {
          std::make_shared<greeting>(home, std::move(through),
                                     std::move(socket), full)
            ->start();
          return;
        }
        auto guest = std::make_shared<session>(
          home, std::move(through), client_socket{std::move(socket)});
        if (full)
          guest->shed();
        else
          guest->start();
      };
  asio::dispatch(home.context(), std::move(begin));
}

void listener::rest() {
  timer_.expires_after(rest_for);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->accept();
  });
}

} // namespace caisson
