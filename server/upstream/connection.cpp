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
  : socket_{io.get_executor()}, context_{std::move(tls)},
    data_{make_buffer(reserved)} {}

void connection::connect(const tcp::endpoint& where, handler then) {
  error_code ec;
  socket_.open(where.protocol(), ec);
  if (!ec)
    socket_.non_blocking(true, ec);
  if (ec) {
    asio::post(socket_.get_executor(),
               [then = std::move(then), ec] { then(ec); });
    return;
  }
  socket_.set_option(tcp::no_delay{true}, ec);
  socket_.async_connect(where,
                        [self = shared_from_this(),
                         then = std::move(then)](error_code ec) { then(ec); });
}

void connection::shake_hands(const origin& who, handler then) {
  if (!context_)
    return then({});
  tls_.emplace(socket_, *context_);
  error_code ec;
  expect_peer(tls_->native_handle(), who, ec);
  if (ec)
    return then(ec);
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this(),
                         then = std::move(then)](error_code ec) { then(ec); });
}

void connection::send(const std::vector<std::string_view>& body,
                      std::shared_ptr<const void> owner) {
  pieces_.clear();
  pieces_.emplace_back(head_.data(), head_.size());
  for (auto& piece : body)
    if (!piece.empty())
      pieces_.emplace_back(piece.data(), piece.size());
  owner_ = std::move(owner);
  write_failed_ = false;
  if (tls_)
    return write_rest();
  error_code ec;
  auto done = socket_.write_some(pieces_, ec);
  if (ec && ec != asio::error::would_block && ec != asio::error::try_again)
    return on_written(ec);
  auto first = pieces_.begin();
  while (first != pieces_.end() && done >= first->size())
    done -= (first++)->size();
  if (first != pieces_.end())
    *first += done;
  pieces_.erase(pieces_.begin(), first);
  if (pieces_.empty())
    on_written({});
  else
    write_rest();
}

void connection::write_rest() {
  auto then = [self = shared_from_this()](error_code ec, std::size_t) {
    self->on_written(ec);
    if (!ec && self->user_)
      self->user_->on_sent();
  };
  if (tls_)
    asio::async_write(*tls_, pieces_, std::move(then));
  else
    asio::async_write(socket_, pieces_, std::move(then));
}

void connection::on_written(error_code ec) {
  pieces_.clear();
  owner_.reset();
  write_failed_ = static_cast<bool>(ec);
}

void connection::consume(std::size_t size) noexcept {
  begin_ += size;
  if (begin_ == end_)
    begin_ = end_ = 0;
}

void connection::reserve(std::size_t size) {
  if (capacity_ - begin_ >= size)
    return;
  auto used = end_ - begin_;
  if (capacity_ >= size) {
    std::memmove(data_.get(), data_.get() + begin_, used);
  } else {
    auto bigger = make_buffer(size);
    std::memcpy(bigger.get(), data_.get() + begin_, used);
    data_ = std::move(bigger);
    capacity_ = size;
  }
  begin_ = 0;
  end_ = used;
}

void connection::read(std::size_t at_most) {
  if (reading_ || closed_)
    return;
  // Doubling keeps the copies of a body of unknown length linear.
  if (capacity_ - end_ < least_read) {
    auto wanted = end_ - begin_ + least_read;
    reserve(wanted <= capacity_ ? wanted : std::max(wanted, 2 * capacity_));
  }
  reading_ = true;
  auto room
    = asio::buffer(data_.get() + end_, std::min(capacity_ - end_, at_most));
  auto then = [self = shared_from_this()](error_code ec, std::size_t size) {
    self->on_read(ec, size);
  };
  if (tls_)
    tls_->async_read_some(room, std::move(then));
  else
    socket_.async_read_some(room, std::move(then));
}

void connection::on_read(error_code ec, std::size_t size) {
  reading_ = false;
  if (closed_)
    return;
  end_ += size;
  if (!user_) {
    // Idle: the peer has ended, or says what nobody asked for.
    close();
    if (auto owner = pool_.lock())
      owner->forget(*this);
  } else if (ec) {
    auto* user = user_;
    close();
    user->on_end(ec);
  } else {
    user_->on_bytes();
  }
}

void connection::close() noexcept {
  user_ = nullptr;
  if (std::exchange(closed_, true))
    return;
  error_code ignored;
  socket_.close(ignored);
}

bool connection::quiet() const noexcept {
  error_code ec;
  return socket_.available(ec) == 0 && !ec;
}

void connection::park(std::weak_ptr<pool> where) {
  user_ = nullptr;
  pool_ = std::move(where);
  if (!reading_) {
    begin_ = end_ = 0;
    if (capacity_ > reserved) {
      data_ = make_buffer(reserved);
      capacity_ = reserved;
    }
  }
  read();
}

} // namespace caisson::upstream
