#include "tests/conformance/connection.hpp"

#include <cstdio>

#include <boost/asio/write.hpp>

namespace caisson::conformance {

void answer::add(const protocol::mcp::header_list& fields) {
  for (const auto& [name, value] : fields)
    add(name, value);
}

void answer::add(std::string_view name, std::string_view value) {
  ((fields_ += name) += ": ") += value;
  fields_ += "\r\n";
}

std::string answer::head(unsigned status) const {
  return "HTTP/1.1 " + std::to_string(status) + " \r\n" + fields_
         + (keep_alive_ ? "" : "Connection: close\r\n");
}

void answer::write(std::string_view bytes) {
  boost::system::error_code failed;
  if (good_)
    boost::asio::write(socket_, boost::asio::buffer(bytes), failed);
  good_ = good_ && !failed;
}

void answer::send(unsigned status, std::string_view json) {
  auto text = head(status);
  if (!json.empty())
    text += "Content-Type: application/json\r\n";
  text += "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n";
  write(text += json);
}

void answer::open_stream() {
  streams_ = true;
  write(head(200)
        + "Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
          "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void answer::send_events(std::string_view text) {
  if (text.empty())
    return;
  char size[24];
  const auto length = std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  write(std::string(size, static_cast<std::size_t>(length)) + std::string{text}
        + "\r\n");
}

void answer::close_stream() {
  write("0\r\n\r\n");
}

bool answer::abandoned() {
  boost::system::error_code failed;
  socket_.non_blocking(true, failed);
  char byte = 0;
  socket_.receive(boost::asio::buffer(&byte, 1),
                  boost::asio::socket_base::message_peek, failed);
  const bool waits = failed == boost::asio::error::would_block;
  boost::system::error_code ignored;
  socket_.non_blocking(false, ignored);
  good_ = good_ && (waits || !failed);
  return !good_;
}

} // namespace caisson::conformance
