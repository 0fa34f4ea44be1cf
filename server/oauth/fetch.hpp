#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "server/oauth/coroutine.hpp"
#include "server/upstream/resolver.hpp"

namespace caisson::oauth {

/// What a request to any address needs of the node.
struct web {
  boost::asio::io_context* io = nullptr; ///< on its thread
  std::shared_ptr<upstream::resolver> names;
  std::shared_ptr<boost::asio::ssl::context> tls;
};

struct web_request {
  std::string url; ///< http or https, without a fragment
  std::string_view verb = "GET";
  std::string fields = "Accept: application/json\r\n";
  std::string body = {};
};

struct web_reply {
  unsigned status = 0; ///< 0: none came
  std::string body;

  bool good() const noexcept { return status >= 200 && status < 300; }
  /// Who has not answered may do so later; any other has refused.
  bool silent() const noexcept {
    return status == 0 || status == 429 || status >= 500;
  }
};

/// A reply is no larger, and has come by then, or there is none.
inline constexpr std::size_t largest_reply = 64 * 1024;
inline constexpr std::chrono::seconds patience{10};

/// Asks once, on a connection of its own. A redirection is a reply like any
/// other: nobody is sent elsewhere.
awaitable<web_reply> fetch(web by, web_request what);

} // namespace caisson::oauth
