#include "server/cluster/peer_link.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "protocol/big_endian.hpp"

namespace caisson::peering {

namespace asio = boost::asio;
using protocol::welcome;
using error_code = boost::system::error_code;

namespace {

/// Asio takes what it is given for its own.
asio::ssl::context borrowed(ssl_ctx_st* from) {
  SSL_CTX_up_ref(from);
  return asio::ssl::context{from};
}

} // namespace

std::string_view name_of(link_end why) noexcept {
  switch (why) {
    case link_end::timeout:
      return "timeout";
    case link_end::handshake:
      return "handshake";
    case link_end::greeting:
      return "greeting";
    case link_end::refused:
      return "refused";
    case link_end::frame:
      return "frame";
    case link_end::left:
      return "left";
    case link_end::replaced:
      return "replaced";
    case link_end::expired:
      return "expired";
    case link_end::dropped:
      return "dropped";
    case link_end::crowded:
      return "crowded";
  }
  return "";
}

peer_link::peer_link(owner& by, std::uint64_t number, socket from,
                     std::shared_ptr<ssl_ctx_st> with, bool called)
  : owner_(by), number_(number), called_(called), context_(std::move(with)),
    wire_([&] {
      auto context = borrowed(context_.get());
      return asio::ssl::stream<socket>{std::move(from), context};
    }()),
    inner_(wire_.get_executor()) {}

void peer_link::start(time_point by) {
  by_ = by;
  error_code ignored;
  wire_.lowest_layer().set_option(asio::ip::tcp::no_delay{true}, ignored);
  wire_.async_handshake(
    called_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server,
    [self = shared_from_this()](error_code ec) { self->on_secured(ec); });
}

void peer_link::end(link_end why) {
  if (phase_ == phase::over)
    return;
  auto self = shared_from_this(); // the owner may let go of it
  owner_.ended(*this, why);
  phase_ = phase::over;
  error_code ignored;
  wire_.lowest_layer().close(ignored);
  inner_.close(ignored);
}

void peer_link::sweep(time_point now, std::int64_t wall_seconds) {
  if (phase_ != phase::linked) {
    if (now >= by_)
      end(link_end::timeout);
  } else if (wall_seconds >= certificate_ends_) {
    end(link_end::expired);
  }
}

// -- who is there -------------------------------------------------------------

void peer_link::on_secured(error_code ec) {
  if (phase_ == phase::over)
    return;
  if (ec)
    return end(link_end::handshake);
  phase_ = phase::greeting;
  names_ = names_of_peer(wire_.native_handle());
  certificate_ends_ = end_of_peer(wire_.native_handle());
  if (!called_)
    return read_greeting();
  if (!owner_.may_greet(*this))
    return end(link_end::refused);
  say(welcome::asks, [this] { read_greeting(); });
}

void peer_link::say(welcome what, std::function<void()> then) {
  auto words = owner_.own_words();
  words.answer = what;
  saying_ = write_greeting(words);
  asio::async_write(
    wire_, asio::buffer(saying_),
    unless_over(link_end::left, [then = std::move(then)](auto) { then(); }));
}

void peer_link::read_greeting() {
  auto rest = [this](std::size_t n) { on_greeting({words_.data() + 2, n}); };
  auto size = [this, rest](std::size_t) {
    std::size_t n = protocol::read_big_endian<std::uint16_t>(words_.data());
    if (n > protocol::longest_greeting)
      return end(link_end::greeting);
    asio::async_read(wire_, asio::buffer(words_.data() + 2, n),
                     unless_over(link_end::left, rest));
  };
  asio::async_read(wire_, asio::buffer(words_.data(), 2),
                   unless_over(link_end::left, size));
}

void peer_link::on_greeting(std::string_view text) {
  auto read = protocol::read_greeting(text);
  if (!read || (read->answer == welcome::asks) == called_)
    return end(link_end::greeting);
  peer_ = std::move(*read);
  if (called_) {
    if (owner_.answered(*this) == welcome::yes)
      hand_over();
    else
      end(link_end::refused);
    return;
  }
  auto answer = owner_.judge(*this);
  say(answer, [this, answer] {
    if (answer == welcome::yes)
      hand_over();
    else
      end(link_end::refused);
  });
}

// -- linked -------------------------------------------------------------------

void peer_link::hand_over() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)
      != 0)
    return end(link_end::dropped);
  phase_ = phase::linked;
  inner_.assign(asio::local::stream_protocol{}, pair[0]);
  gate_.emplace(owner_.hand_over(*this, pair[1]));
  pump_in();
  pump_out();
}

/// Reads on when BASP has taken what came: a peer that floods waits.
void peer_link::pump_in() {
  wire_.async_read_some(
    asio::buffer(in_),
    unless_over(link_end::left, [this](std::size_t n) { on_bytes(n); }));
}

void peer_link::on_bytes(std::size_t n) {
  owner_.heard(*this);
  pass_.clear();
  auto flaw = gate_->feed({in_.data(), n}, pass_);
  owner_.passed(gate_->dropped()
                - std::exchange(told_dropped_, gate_->dropped()));
  if (flaw)
    return end(link_end::frame);
  if (pass_.empty())
    return pump_in();
  asio::async_write(
    inner_, asio::buffer(pass_),
    unless_over(link_end::dropped, [this](auto) { pump_in(); }));
}

void peer_link::pump_out() {
  auto pass = [this](std::size_t n) {
    asio::async_write(
      wire_, asio::buffer(out_.data(), n),
      unless_over(link_end::left, [this](auto) { pump_out(); }));
  };
  inner_.async_read_some(asio::buffer(out_),
                         unless_over(link_end::dropped, pass));
}

} // namespace caisson::peering
