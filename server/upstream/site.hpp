#pragma once

#include <cstddef>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "protocol/http/head.hpp"
#include "server/upstream/origin.hpp"
#include "server/upstream/pool.hpp"
#include "server/upstream/resolver.hpp"

namespace caisson::upstream {

/// What one attempt may cost this node, in bytes.
struct reply_limits {
  std::size_t head = 64 * 1024;
  /// A reply that is not a stream.
  std::size_t whole = 16 * 1024 * 1024;
  /// A stream from end to end, as the provider sends it.
  std::size_t stream = 256 * 1024 * 1024;
  /// What a stream may say before its first token; held back until then.
  std::size_t held = 1024 * 1024;
  /// How much of the body of a reply other than 200 is looked at.
  std::size_t complaint = 64 * 1024;
  /// Bytes of a stream that the client's side may keep before we stop reading.
  std::size_t credit = 64 * 1024;
};

/// One dependency as seen from one I/O thread: all that its attempts share.
/// Lives until the last attempt and the last reply handed out are gone; `io`
/// outlives it. `names` and `tls` may be shared by all threads.
struct site {
  site(boost::asio::io_context& context, origin origin_,
       std::shared_ptr<resolver> resolver_,
       std::shared_ptr<boost::asio::ssl::context> tls_,
       std::shared_ptr<pool> pool_ = std::make_shared<pool>(),
       reply_limits limits_ = {})
    : io{context}, where{std::move(origin_)}, names{std::move(resolver_)},
      tls{where.tls ? std::move(tls_) : nullptr}, idle{std::move(pool_)},
      limits{limits_} {}

  boost::asio::io_context& io;
  origin where;
  std::shared_ptr<resolver> names;
  /// Null for plain http.
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::shared_ptr<pool> idle;
  reply_limits limits;
  /// Parsed into by whoever has a head, read out at once: 3 kB that no attempt
  /// has to clear.
  http::response_head scratch;
};

} // namespace caisson::upstream
