#pragma once

#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "protocol/cluster/greeting.hpp"
#include "tests/cluster/world.hpp"
#include "tests/support/basp_frames.hpp"

namespace caisson::testing {

/// Somebody at the port of a node who is no node: shows a certificate, greets,
/// writes what it likes. Blocking, a thread of its own is the test's.
class visitor {
public:
  using tcp = boost::asio::ip::tcp;

  /// `papers`: the name of a certificate; empty: none.
  visitor(const std::string& where, const std::string& papers)
    : context_(boost::asio::ssl::context::tls_client) {
    if (!papers.empty()) {
      context_.use_certificate_chain_file(all_papers().at(papers + ".pem"));
      context_.use_private_key_file(all_papers().at(papers + ".key"),
                                    boost::asio::ssl::context::pem);
    }
    wire_.emplace(io_, context_);
    auto colon = where.rfind(':');
    tcp::endpoint at{
      boost::asio::ip::make_address(where.substr(0, colon)),
      static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1)))};
    wire_->lowest_layer().connect(at);
    boost::system::error_code ec;
    wire_->handshake(boost::asio::ssl::stream_base::client, ec);
  }

  /// Greets and reads the answer; nothing: it was put out before.
  std::optional<protocol::greeting> greet(const std::string& name,
                                          std::uint64_t incarnation = 1) {
    return say(protocol::write_greeting(
      {name, incarnation, "127.0.0.1:1", id, protocol::welcome::asks}));
  }

  std::optional<protocol::greeting> say(const std::string& words) {
    write(words);
    auto size = read(2);
    if (size.size() < 2)
      return std::nullopt;
    auto text = read(static_cast<unsigned char>(size[0]) * 256u
                     + static_cast<unsigned char>(size[1]));
    return protocol::read_greeting(text);
  }

  void write(const std::string& bytes) {
    boost::system::error_code ec;
    boost::asio::write(*wire_, boost::asio::buffer(bytes), ec);
  }

  /// As much as comes, up to `n`.
  std::string read(std::size_t n) {
    std::string out(n, '\0');
    boost::system::error_code ec;
    out.resize(boost::asio::read(*wire_, boost::asio::buffer(out), ec));
    return out;
  }

  /// Reads until the other end has closed; what came.
  std::size_t read_to_end() {
    std::size_t all = 0;
    boost::system::error_code ec;
    char some[4096];
    while (!ec)
      all += wire_->read_some(boost::asio::buffer(some), ec);
    return all;
  }

  std::string id = basp_node('v');

private:
  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  std::optional<boost::asio::ssl::stream<tcp::socket>> wire_;
};

} // namespace caisson::testing
