#include "server/mcp/returned_client.hpp"

#include <boost/asio/post.hpp>

namespace caisson {

void returned_client::say(std::string message, millis keep_alive) {
  boost::asio::post(home_.context(),
                    [self = shared_from_this(), message = std::move(message),
                     keep_alive] { self->end_.say(message, keep_alive); });
}

void returned_client::finish(std::string message, unsigned status) {
  if (over_.exchange(true))
    return;
  boost::asio::post(
    home_.context(),
    [self = shared_from_this(), message = std::move(message),
     status]() mutable { self->end_.finish(std::move(message), status); });
}

void returned_client::sign(time_point now, millis keep_alive) {
  if (!over_)
    end_.sign(now, keep_alive);
}

} // namespace caisson
