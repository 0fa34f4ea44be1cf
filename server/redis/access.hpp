#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "server/redis/link.hpp"
#include "server/upstream/resolver.hpp"

namespace caisson::redis {

/// How the node gets into the servers of one dependency: the same for all of
/// them, on one I/O thread. `io` outlives it.
struct access {
  boost::asio::io_context& io;
  std::shared_ptr<upstream::resolver> names;
  /// Null: in the clear.
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::string user;
  /// Empty: nobody asks for one.
  std::string password;
  /// Whoever wants no password may be shown one.
  bool lenient = false;
  std::uint32_t database = 0;
  /// Shown by CLIENT LIST.
  std::string client_name = "caisson";
  /// For those who set no limit themselves.
  std::chrono::milliseconds patience{1'000};
  link_bounds bounds{};
};

using access_ptr = std::shared_ptr<const access>;

} // namespace caisson::redis
