#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "server/redis/server.hpp"

namespace caisson::redis {

/// Asks sentinels for the master of a name, one after the other, each for an
/// equal share of the time: the first that knows one is believed, and asked
/// first the next time. That the server is a master is verified there (`role`).
///
/// They are shown the servers' user and password, where there is a password;
/// one that wants none answers all the same.
class sentinels final : public finder,
                        public std::enable_shared_from_this<sentinels> {
public:
  sentinels(access_ptr with, const std::vector<upstream::origin>& hosts,
            std::string master);

  void find(time_point by, handler then) override;

private:
  using timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>,
    upstream::connection::executor>;

  void ask_next();
  void heard(const result<kv_value>& what);

  access_ptr access_;
  std::vector<server_ptr> all_; ///< the one to begin with first
  std::string wire_;
  timer timer_;
  handler then_;
  time_point by_{};
  std::size_t next_ = 0;
  /// Tells a late answer to an earlier question from the current one.
  unsigned question_ = 0;
};

} // namespace caisson::redis
