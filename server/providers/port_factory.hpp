#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/dependency/dependency.hpp"
#include "actors/journal.hpp"
#include "actors/stores/announcements.hpp"
#include "protocol/dialect.hpp"
#include "server/io/io_thread.hpp"
#include "server/oauth/authorizers.hpp"
#include "server/providers/left_out.hpp"
#include "server/sqlite/clerk.hpp"
#include "server/upstream/kept_prefixes.hpp"
#include "server/upstream/mcp_watch.hpp"
#include "server/upstream/nursery.hpp"
#include "server/upstream/site.hpp"

namespace caisson {

/// Makes the port of a dependency on an I/O thread, by its kind. What a kind
/// brings is only this.
class port_factory {
public:
  port_factory(std::vector<std::unique_ptr<io_thread>>& threads, journal& log,
               metrics::registry& metrics, oauth::authorizers& tokens);

  /// On the thread of that number.
  std::shared_ptr<dependency_port> make(const dependency_settings& settings,
                                        std::size_t thread);

  /// Listens to the store of these settings on the thread of that number; null,
  /// with a line in the log, where that cannot be.
  std::shared_ptr<announcements> listen(const dependency_settings& settings,
                                        std::size_t thread,
                                        metrics::registry& home);

  /// Listens to the server of MCP of these settings on the thread of that
  /// number; null where it cannot be talked to as configured.
  std::shared_ptr<upstream::mcp_watch>
  watch(const dependency_settings& settings, std::size_t thread,
        upstream::mcp_news to);

  /// Ends the processes that dependencies are, and waits until they have ended:
  /// `within` that time at most. Not on an I/O thread.
  void end_processes(millis within) { children_.close(within); }

  /// Operations of described APIs that are offered to nobody.
  left_out::numbers operations_left_out() const { return left_out_.all(); }

private:
  using tls_context = std::shared_ptr<boost::asio::ssl::context>;

  /// What a dependency's provider keeps for us is known to all threads, and
  /// outlives a reload that leaves the account as it is.
  struct account {
    std::string url;
    std::string api_key;
    std::shared_ptr<upstream::kept_prefixes> kept;
  };

  /// A dependency that is a process of the node's own is one for all threads,
  /// and outlives a reload that leaves it as it is. It lives on the first
  /// thread, and is ended there when nobody needs it any more.
  struct process {
    mcp_process_settings plan;
    millis sign_of_life;
    std::weak_ptr<upstream::mcp_peer> peer;
  };

  /// Null where the file of authorities cannot be read. `speaks`: as in
  /// upstream/tls.hpp.
  tls_context tls_for(const dependency_settings& settings,
                      std::string_view speaks);
  std::shared_ptr<upstream::kept_prefixes>
  kept_for(const dependency_settings& settings);
  /// Where it is reached over HTTP.
  result<std::shared_ptr<upstream::site>>
  site_of(const dependency_settings& settings, boost::asio::io_context& io);
  std::shared_ptr<dependency_port> make_api(const dependency_settings& settings,
                                            boost::asio::io_context& io);
  std::shared_ptr<dependency_port>
  make_tools(const dependency_settings& settings, boost::asio::io_context& io);
  /// Over HTTP, for that thread.
  result<std::shared_ptr<upstream::mcp_peer>>
  peer_of(const dependency_settings& settings, boost::asio::io_context& io);
  std::shared_ptr<upstream::mcp_peer>
  process_of(const dependency_settings& settings);
  std::shared_ptr<dependency_port>
  make_process(const dependency_settings& settings, std::size_t thread);
  std::shared_ptr<dependency_port>
  make_store(const dependency_settings& settings, boost::asio::io_context& io);
  std::shared_ptr<dependency_port>
  make_storage(const dependency_settings& settings,
               boost::asio::io_context& io);
  std::shared_ptr<dependency_port>
  make_provider(const dependency_settings& settings,
                const protocol::dialect& wire, boost::asio::io_context& io);

  std::vector<std::unique_ptr<io_thread>>& threads_;
  journal& log_;
  metrics::registry& metrics_;
  oauth::authorizers& tokens_;
  upstream::nursery children_;
  left_out left_out_;
  std::shared_ptr<upstream::resolver> names_;
  std::mutex lock_; // workers of all threads start at once
  std::map<std::pair<std::string, std::string_view>, tls_context> tls_;
  std::map<std::string, account> accounts_; ///< by dependency
  std::map<std::string, std::shared_ptr<sqlite::clerk>> clerks_; ///< likewise
  std::map<std::string, process> processes_;                     ///< likewise
};

} // namespace caisson
