#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "actors/call.hpp"
#include "server/upstream/origin.hpp"

namespace caisson::upstream {

using boost::system::error_code;
using addresses = std::vector<boost::asio::ip::tcp::endpoint>;
/// Never null in a good answer, never empty.
using addresses_ptr = std::shared_ptr<const addresses>;

/// Names to addresses, away from the I/O threads: lookups block threads of
/// their own ("caisson-dns") and are shared by everybody who asks meanwhile.
/// Thread-safe; one object a node.
///
/// A good answer is fresh for 30 s. When a later lookup fails, or is slow, the
/// last good one still serves until it is 5 minutes old (reference
/// reliability.md section 3, row 21).
class resolver {
public:
  using handler = std::function<void(error_code, addresses_ptr)>;
  /// Looks a name up and may block; the seam for tests.
  using lookup = std::function<addresses(const origin&, error_code&)>;
  using clock = std::function<time_point()>;

  struct settings {
    std::chrono::milliseconds fresh{30'000};
    std::chrono::milliseconds usable{300'000};
    unsigned threads = 2;
  };

  resolver();
  resolver(settings what, lookup how, clock now);

  /// Waiting handlers are dropped unheard. A lookup that the operating system
  /// still holds is left behind with its thread: it must not delay the end of
  /// the process.
  ~resolver();

  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// What needs no lookup: an IP literal or a fresh answer, else null.
  addresses_ptr known(const origin& where);

  /// The last good answer, if it is not too old to be used; else null.
  addresses_ptr last_good(const origin& where);

  /// Looks the name up; the answer is posted to `io`, which must outlive this
  /// object. Whoever cannot wait for it ignores it and asks `last_good`.
  void resolve(const origin& where, boost::asio::io_context& io, handler then);

  /// None of the addresses took a connection: the next caller looks again.
  void distrust(const origin& where);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace caisson::upstream
