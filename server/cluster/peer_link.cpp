#include "server/cluster/peer_link.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <sys/socket.h>

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
  asio::async_write(wire_, asio::buffer(saying_),
                    [self = shared_from_this(),
                     then = std::move(then)](error_code ec, std::size_t) {
                      if (self->phase_ == phase::over)
                        return;
                      if (ec)
                        self->end(link_end::left);
                      else
                        then();
                    });
}

void peer_link::read_greeting() {
  auto self = shared_from_this();
  auto rest = [self](error_code ec, std::size_t n) {
    if (self->phase_ == phase::over)
      return;
    if (ec)
      self->end(link_end::left);
    else
      self->on_greeting({self->words_.data() + 2, n});
  };
  auto size = [self, rest](error_code ec, std::size_t) {
    if (self->phase_ == phase::over)
      return;
    if (ec)
      return self->end(link_end::left);
    auto at = [&](std::size_t i) {
      return static_cast<unsigned char>(self->words_[i]);
    };
    std::size_t n = at(0) << 8u | at(1);
    if (n > protocol::longest_greeting)
      return self->end(link_end::greeting);
    asio::async_read(self->wire_, asio::buffer(self->words_.data() + 2, n),
                     rest);
  };
  asio::async_read(wire_, asio::buffer(words_.data(), 2), size);
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
  wire_.async_read_some(asio::buffer(in_), [self = shared_from_this()](
                                             error_code ec, std::size_t n) {
    if (self->phase_ == phase::over)
      return;
    if (ec)
      self->end(link_end::left);
    else
      self->on_bytes(n);
  });
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
  asio::async_write(inner_, asio::buffer(pass_),
                    [self = shared_from_this()](error_code ec, std::size_t) {
                      if (self->phase_ == phase::over)
                        return;
                      if (ec)
                        self->end(link_end::dropped);
                      else
                        self->pump_in();
                    });
}

void peer_link::pump_out() {
  auto written = [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->phase_ == phase::over)
      return;
    if (ec)
      self->end(link_end::left);
    else
      self->pump_out();
  };
  inner_.async_read_some(asio::buffer(out_), [self = shared_from_this(),
                                              written](error_code ec,
                                                       std::size_t n) {
    if (self->phase_ == phase::over)
      return;
    if (ec)
      return self->end(link_end::dropped);
    asio::async_write(self->wire_, asio::buffer(self->out_.data(), n), written);
  });
}

} // namespace caisson::peering
