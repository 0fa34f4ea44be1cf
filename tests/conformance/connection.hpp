#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "protocol/mcp/access.hpp"

namespace caisson::conformance {

using request = boost::beast::http::request<boost::beast::http::string_body>;

/// The answer to one request: whole, or a stream of events. One thread writes.
class answer {
public:
  answer(boost::asio::ip::tcp::socket& socket, bool keep_alive)
    : socket_{socket}, keep_alive_{keep_alive} {}

  /// Fields of the head, before anything is sent.
  void add(const protocol::mcp::header_list& fields);
  void add(std::string_view name, std::string_view value);

  /// The whole answer; `json` may be empty.
  void send(unsigned status, std::string_view json = {});

  /// The head of a stream, once.
  void open_stream();
  /// What a stream says next: events or comments.
  void send_events(std::string_view text);
  /// The end of a stream.
  void close_stream();

  bool streams() const { return streams_; }
  /// Whether the connection can serve another request.
  bool reusable() const { return keep_alive_ && good_; }
  /// Whether the client has gone. Asks the socket, does not wait.
  bool abandoned();

private:
  void write(std::string_view bytes);
  std::string head(unsigned status) const;

  boost::asio::ip::tcp::socket& socket_;
  std::string fields_;
  bool keep_alive_;
  bool streams_ = false;
  bool good_ = true;
};

} // namespace caisson::conformance
