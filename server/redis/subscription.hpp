#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "actors/journal.hpp"
#include "actors/stores/announcements.hpp"
#include "actors/telemetry/metrics.hpp"
#include "server/redis/server.hpp"

namespace caisson::redis {

struct address;

/// One connection of the node that listens to a store: subscribes to what
/// somebody wants to hear, again after each break, at any server of a cluster.
/// A connection that is silent for 3 s, although it is asked for a sign of life
/// each second, is given up.
class subscription final : public announcements,
                           public std::enable_shared_from_this<subscription> {
public:
  /// On the thread of `with.io`; `log` outlives it.
  subscription(const address& where, access with, std::string name,
               metrics::registry& home, journal& log);

  void hear(std::string channel,
            std::weak_ptr<announcement_listener> who) override;

private:
  using timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>,
    upstream::connection::executor>;
  using listeners = std::vector<std::weak_ptr<announcement_listener>>;

  void subscribe();
  void subscribed(const result<kv_value>& what);
  void pushed(const kv_value& what);
  bool understood(const kv_value& what);
  void lost(const fault& why);
  void tick();
  void look();
  template <class Tell>
  void tell(std::string_view channel, Tell word);

  access_ptr access_;
  server_ptr server_;
  const std::string name_;
  metrics::counter announcements_;
  metrics::counter gaps_;
  metrics::counter garbage_;
  journal& log_;
  timer timer_;
  std::weak_ptr<link> link_;
  std::map<std::string, listeners, std::less<>> channels_;
  time_point heard_{};
  bool ticking_ = false;
  bool asked_ = false; ///< for the confirmation of its channels
  bool listens_ = false;
  bool complained_ = false;
};

} // namespace caisson::redis
