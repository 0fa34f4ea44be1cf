// TLS with authorities made for the occasion by the openssl command.
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "server/upstream/connection.hpp"
#include "server/upstream/tls.hpp"
#include "tests/server/papers.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// An authority; `good` for localhost and 127.0.0.1, `wrong` for another name,
/// `self` signed by itself.
struct tls_papers : papers {
  tls_papers() {
    if (!made)
      WARN("openssl is missing: TLS to providers is not tested");
  }

  bool made = authority("ca")
              && make("self", "-nodes -addext subjectAltName=DNS:localhost")
              && sign("good", "ca", "DNS:localhost,IP:127.0.0.1")
              && sign("wrong", "ca", "DNS:other.example");
};

const tls_papers& all_papers() {
  static tls_papers all;
  return all;
}

/// One TLS connection served on a thread: `turns` replies of `text`.
class tls_server {
public:
  tls_server(const std::string& name, int turns, std::string text,
             int version = TLS1_3_VERSION)
    : acceptor_{io_, {asio::ip::address_v4::loopback(), 0}} {
    port = acceptor_.local_endpoint().port();
    thread_ = std::thread{[this, name, turns, text, version] {
      error_code ec;
      asio::ssl::context context{asio::ssl::context::tls_server};
      SSL_CTX_set_max_proto_version(context.native_handle(), version);
      SSL_CTX_set_security_level(context.native_handle(), 0);
      auto base = all_papers().at(name);
      context.use_certificate_chain_file(base + ".pem", ec);
      context.use_private_key_file(base + ".key", asio::ssl::context::pem, ec);
      asio::ssl::stream<tcp::socket> peer{io_, context};
      acceptor_.accept(peer.lowest_layer(), ec);
      peer.handshake(asio::ssl::stream_base::server, ec);
      if (auto* said
          = SSL_get_servername(peer.native_handle(), TLSEXT_NAMETYPE_host_name);
          said && !ec)
        sni = said;
      std::string heard;
      for (int i = 0; i < turns && !ec; ++i) {
        auto size
          = asio::read_until(peer, asio::dynamic_buffer(heard), "\"a\":1}", ec);
        heard.erase(0, size);
        if (!ec)
          asio::write(peer, asio::buffer(text), ec);
      }
      if (!ec && !text.empty())
        asio::read(peer, asio::dynamic_buffer(heard), ec);
    }};
  }
  ~tls_server() { end(); }
  void end() {
    if (thread_.joinable())
      thread_.join();
  }

  std::uint16_t port = 0;
  std::string sni;

private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// Points a world to a TLS server under the name given.
void turn(world& w, const tls_server& to, const std::string& host) {
  w.where->where
    = origin::parse("https://" + host + ':' + std::to_string(to.port)).value();
  auto made = client_context(all_papers().at("ca.pem"));
  REQUIRE(made.has_value());
  w.where->tls = *made;
}

story ask(world& w, bool stream = false) {
  story told;
  auto running = w.ask(told, stream);
  CHECK(w.until([&] { return told.ends == 1; }));
  return told;
}

} // namespace

TEST_CASE("a provider with a good certificate is spoken to, and again") {
  if (!all_papers().made)
    return;
  tls_server server{"good", 2, reply("{\"t\":1}")};
  world w;
  turn(w, server, "localhost");
  for (int i = 0; i < 2; ++i) {
    CHECK(ask(w).whole->data == "{\"t\":1}");
    w.settle();
    CHECK(w.idle->size() == 1);
  }
  w.idle->take()->close();
  server.end();
  CHECK(server.sni == "localhost");
}

TEST_CASE("a provider is known by its address, which is not sent as a name") {
  if (!all_papers().made)
    return;
  tls_server server{"good", 1, reply(std::string(100'000, 'x'))};
  world w;
  w.wire.body = {std::string(300'000, ' '), "{\"a\":1}"};
  turn(w, server, "127.0.0.1");
  CHECK(ask(w).whole->data.size() == 100'000);
  w.settle();
  w.idle->take()->close();
  server.end();
  CHECK(server.sni.empty());
}

TEST_CASE("a stream comes over TLS") {
  if (!all_papers().made)
    return;
  tls_server server{
    "good", 1, stream_head() + chunk("token") + chunk("[DONE]") + "0\r\n\r\n"};
  world w;
  turn(w, server, "localhost");
  CHECK(ask(w, true).text == "token[DONE]");
  w.settle();
  w.idle->take()->close();
}

TEST_CASE("a certificate that proves nothing is refused, and said so") {
  if (!all_papers().made)
    return;
  for (auto name : {"wrong", "self"}) {
    tls_server server{name, 0, ""};
    world w;
    turn(w, server, "localhost");
    auto told = ask(w);
    CHECK(told.kind() == failure_kind::tls);
    CHECK(told.failed->code == errc::llm_error);
    CHECK(w.idle->size() == 0);
  }
  tls_server server{"good", 0, ""};
  world w;
  turn(w, server, "localhost");
  w.where->tls = client_context().value();
  CHECK(ask(w).kind() == failure_kind::tls);
}

TEST_CASE("TLS 1.1 is refused") {
  if (!all_papers().made)
    return;
  tls_server server{"good", 0, "", TLS1_1_VERSION};
  world w;
  turn(w, server, "localhost");
  CHECK(ask(w).kind() == failure_kind::tls);
}

TEST_CASE("a handshake that stalls is a connect timeout") {
  world w;
  w.where->where.tls = true;
  w.where->tls = client_context().value();
  story told;
  attempt which{std::make_shared<call>(), "m"};
  which.connect_by
    = std::chrono::steady_clock::now() + std::chrono::milliseconds{50};
  auto running = w.port->start(which, std::make_unique<recorder>(told));
  auto p = w.accept();
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::connect_timeout);
  CHECK(w.until([&] { return p.heard(), p.ended; }));
}

TEST_CASE("a peer that hangs up in the handshake has refused a connection") {
  world w;
  w.where->where.tls = true;
  w.where->tls = client_context().value();
  story told;
  auto running = w.ask(told);
  w.accept().close();
  REQUIRE(w.until([&] { return told.ends == 1; }));
  CHECK(told.kind() == failure_kind::connect);
}

TEST_CASE("a file of authorities that cannot be read is a bad config") {
  auto made = client_context("/nowhere/ca.pem");
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == errc::config_invalid);
}
