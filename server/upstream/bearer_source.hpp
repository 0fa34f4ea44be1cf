#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "actors/fault.hpp"

namespace caisson::upstream {

/// How a server has refused a request for want of a token.
struct token_refusal {
  std::string shown; ///< the token that it was shown; empty: none
  /// Its `WWW-Authenticate`, as it was said.
  std::string challenge;
  unsigned status = 0; ///< 401 or 403
  /// It was shown a new one, and refuses again.
  bool again = false;
};

/// Has the tokens that a server is shown. Used on all threads.
class bearer_source {
public:
  virtual ~bearer_source() = default;

  /// The one to show now; null: there is none that is good any more.
  virtual std::shared_ptr<const std::string> bearer() const = 0;

  /// There was one, and a new one can be had without anybody's leave.
  virtual bool renewable() const = 0;

  using renewed = std::function<void(const std::optional<fault>&)>;

  /// Gets a token in the place of what was refused, once for all who want one.
  /// `then` is called on `home`, unless what is returned is dropped before.
  virtual std::shared_ptr<void>
  renew(token_refusal what, boost::asio::io_context& home, renewed then) = 0;
};

} // namespace caisson::upstream
