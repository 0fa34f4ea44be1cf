#include "server/upstream/connection.hpp"

#include <cstring>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "server/upstream/pool.hpp"
#include "server/upstream/tls.hpp"

namespace caisson::upstream {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

auto make_buffer(std::size_t size) {
  return std::make_unique_for_overwrite<char[]>(size + connection::padding);
}

} // namespace

connection::connection(asio::io_context& io,
                       std::shared_ptr<asio::ssl::context> tls)
  : x_socket{io.get_executor()}, x_context{std::move(tls)},
    x_data{make_buffer(reserved)} {}

void connection::connect(const tcp::endpoint& where, handler then) {
  error_code ec;
  x_socket.open(where.protocol(), ec);
  if (!ec)
    x_socket.non_blocking(true, ec);
  if (ec) {
    asio::post(x_socket.get_executor(),
               [then = std::move(then), ec] { then(ec); });
    return;
  }
  x_socket.set_option(tcp::no_delay{true}, ec);
  x_socket.async_connect(where,
                         [self = shared_from_this(),
                          then = std::move(then)](error_code ec) { then(ec); });
}

void connection::shake_hands(const origin& who, handler then) {
  if (!x_context)
    return then({});
  x_tls.emplace(x_socket, *x_context);
  error_code ec;
  expect_peer(x_tls->native_handle(), who, ec);
  if (ec)
    return then(ec);
  x_tls->async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this(),
                          then = std::move(then)](error_code ec) { then(ec); });
}

void connection::send(const std::vector<std::string_view>& body,
                      std::shared_ptr<const void> owner) {
  x_pieces.clear();
  x_pieces.emplace_back(x_head.data(), x_head.size());
  for (auto& piece : body)
    if (!piece.empty())
      x_pieces.emplace_back(piece.data(), piece.size());
  x_owner = std::move(owner);
  x_write_failed = false;
  if (x_tls)
    return write_rest();
  error_code ec;
  auto done = x_socket.write_some(x_pieces, ec);
  if (ec && ec != asio::error::would_block && ec != asio::error::try_again)
    return on_written(ec);
  auto first = x_pieces.begin();
  while (first != x_pieces.end() && done >= first->size())
    done -= (first++)->size();
  if (first != x_pieces.end())
    *first += done;
  x_pieces.erase(x_pieces.begin(), first);
  if (x_pieces.empty())
    on_written({});
  else
    write_rest();
}

void connection::write_rest() {
  auto then = [self = shared_from_this()](error_code ec, std::size_t) {
    self->on_written(ec);
  };
  if (x_tls)
    asio::async_write(*x_tls, x_pieces, std::move(then));
  else
    asio::async_write(x_socket, x_pieces, std::move(then));
}

void connection::on_written(error_code ec) {
  x_pieces.clear();
  x_owner.reset();
  x_write_failed = static_cast<bool>(ec);
}

void connection::consume(std::size_t size) noexcept {
  x_begin += size;
  if (x_begin == x_end)
    x_begin = x_end = 0;
}

void connection::reserve(std::size_t size) {
  if (x_capacity - x_begin >= size)
    return;
  auto used = x_end - x_begin;
  if (x_capacity >= size) {
    std::memmove(x_data.get(), x_data.get() + x_begin, used);
  } else {
    auto bigger = make_buffer(size);
    std::memcpy(bigger.get(), x_data.get() + x_begin, used);
    x_data = std::move(bigger);
    x_capacity = size;
  }
  x_begin = 0;
  x_end = used;
}

void connection::read(std::size_t at_most) {
  if (x_reading || x_closed)
    return;
  // Doubling keeps the copies of a body of unknown length linear.
  if (x_capacity - x_end < least_read) {
    auto wanted = x_end - x_begin + least_read;
    reserve(wanted <= x_capacity ? wanted : std::max(wanted, 2 * x_capacity));
  }
  x_reading = true;
  auto room
    = asio::buffer(x_data.get() + x_end, std::min(x_capacity - x_end, at_most));
  auto then = [self = shared_from_this()](error_code ec, std::size_t size) {
    self->on_read(ec, size);
  };
  if (x_tls)
    x_tls->async_read_some(room, std::move(then));
  else
    x_socket.async_read_some(room, std::move(then));
}

void connection::on_read(error_code ec, std::size_t size) {
  x_reading = false;
  if (x_closed)
    return;
  x_end += size;
  if (!x_user) {
    // Idle: the peer has ended, or says what nobody asked for.
    close();
    if (auto owner = x_pool.lock())
      owner->forget(*this);
  } else if (ec) {
    auto* user = x_user;
    close();
    user->on_end(ec);
  } else {
    x_user->on_bytes();
  }
}

void connection::close() noexcept {
  x_user = nullptr;
  if (std::exchange(x_closed, true))
    return;
  error_code ignored;
  x_socket.close(ignored);
}

bool connection::quiet() const noexcept {
  error_code ec;
  return x_socket.available(ec) == 0 && !ec;
}

void connection::park(std::weak_ptr<pool> where) {
  x_user = nullptr;
  x_pool = std::move(where);
  if (!x_reading) {
    x_begin = x_end = 0;
    if (x_capacity > reserved) {
      x_data = make_buffer(reserved);
      x_capacity = reserved;
    }
  }
  read();
}

} // namespace caisson::upstream
