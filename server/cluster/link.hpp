#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "actors/cluster/ports.hpp"
#include "actors/cluster/settings.hpp"
#include "actors/journal.hpp"
#include "actors/telemetry/metrics.hpp"
#include "server/cluster/basp_seam.hpp"
#include "server/cluster/peer_link.hpp"
#include "server/cluster/peer_table.hpp"

namespace caisson::peering {

/// All links with other nodes, on a thread of their own: the cluster's port,
/// the calls, the credentials, which are read anew for each handshake, so that
/// certificates change while the node runs.
class link final : public cluster_port,
                   private peer_link::owner,
                   public std::enable_shared_from_this<link> {
public:
  /// Connections at a time, and those of them that are not linked yet: whoever
  /// has no certificate cannot take all the places.
  static constexpr std::size_t most_connections = 64;
  static constexpr std::size_t most_strangers = 32;

  struct plan {
    caf::actor_system* system = nullptr;
    std::string name; ///< of this node
    cluster_settings settings;
    journal* log = nullptr;
    metrics::registry* metrics = nullptr;
    std::function<std::string(report_kind)> report;
    /// From the first byte to the greeting.
    millis handshake_limit{5'000};
  };

  explicit link(plan what);
  ~link() override;

  /// Opens the port: what is wrong with it or with the credentials, in words;
  /// empty: nothing.
  std::string open();

  /// Lets others in, once there is somebody to speak to.
  void start();

  /// Ends all links and the thread.
  void stop();

  /// Connections that are there.
  std::size_t connections() const noexcept { return count_; }

  /// HOST:PORT that was opened.
  std::string where() const;

  // -- cluster_port -----------------------------------------------------------
  void expose(const cluster_actor& whom) override;
  void dial(const std::string& address) override;
  void drop(const std::string& name) override;
  void close() override;
  void live_as(std::uint64_t incarnation) override { life_ = incarnation; }
  std::string address() const override;
  std::string report(report_kind of) override { return plan_.report(of); }

private:
  using tcp = boost::asio::ip::tcp;
  using link_ptr = std::shared_ptr<peer_link>;

  // -- peer_link::owner -------------------------------------------------------
  protocol::greeting own_words() const override;
  bool may_greet(peer_link& who) override;
  protocol::welcome judge(peer_link& who) override;
  protocol::welcome answered(peer_link& who) override;
  protocol::gate_rules hand_over(peer_link& who, int descriptor) override;
  void heard(peer_link& who) override;
  void passed(std::uint64_t dropped) override;
  void ended(peer_link& who, link_end why) override;

  void accept();
  void call(const std::string& address);
  void on_found(const std::string& address, tcp::resolver::results_type found);
  void take(tcp::socket from, const std::string& called);
  void told(std::uint64_t number, const caf::strong_actor_ptr& whom);
  void sweep();
  void tell_linked(const peer_link& who, const caf::strong_actor_ptr& whom);
  std::string certified_name(const peer_link& who) const;
  bool is_who_it_says(const peer_link& who) const;
  std::shared_ptr<ssl_ctx_st> credentials();
  link_ptr find(std::uint64_t number) const;
  void complain(severity level, const std::string& what);
  void count(link_end why) { failures_[static_cast<std::size_t>(why)].add(); }

  plan plan_;
  std::array<metrics::counter, link_end_count> failures_;
  basp_seam seam_;
  peer_table table_;
  std::atomic<std::uint64_t> life_{0};
  std::atomic<std::size_t> count_{0};
  std::shared_ptr<ssl_ctx_st> last_good_;
  std::map<std::uint64_t, link_ptr> links_;
  std::map<std::uint64_t, std::string> dialled_; ///< links by what was called
  std::map<std::string, std::string> reached_;   ///< who answers at an address
  std::set<std::string> calling_;                ///< until there is a link
  std::uint64_t last_number_ = 0;
  cluster_actor door_;
  std::string complained_; ///< the last sentence, said once in a row
  std::string where_;
  std::string address_;

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_;
  tcp::acceptor acceptor_;
  tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
};

} // namespace caisson::peering
