// A server of MCP, both eras, with what the public conformance suite looks for:
// the words of protocol/mcp under a real suite before a node speaks them.
// Prints the port that it listens on, on loopback, and serves until it is
// killed.
#include <chrono>
#include <cstdio>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "tests/conformance/endpoint.hpp"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace caisson::conformance;

constexpr std::size_t largest_body = 4 * 1024 * 1024;

/// Serves one connection until it ends.
void serve(asio::ip::tcp::socket socket, endpoint& mcp) {
  boost::beast::flat_buffer buffer;
  for (bool again = true; again;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(largest_body);
    boost::system::error_code failed;
    http::read(socket, buffer, parser, failed);
    if (failed)
      return;
    auto from = parser.release();
    answer to{socket, from.keep_alive()};
    if (from.target() == "/mcp")
      mcp.serve(from, to);
    else
      to.send(404);
    again = to.reusable();
  }
}

} // namespace

int main() {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor{context,
                                   {asio::ip::address_v4::loopback(), 0}};
  endpoint mcp{[] {
    return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  }};
  std::printf("%u\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  for (;;) {
    auto socket = acceptor.accept();
    socket.set_option(asio::ip::tcp::no_delay{true});
    std::thread{serve, std::move(socket), std::ref(mcp)}.detach();
  }
}
