#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/dependency/dependency.hpp"
#include "actors/journal.hpp"
#include "server/io/io_thread.hpp"
#include "server/upstream/kept_prefixes.hpp"
#include "server/upstream/site.hpp"

namespace caisson {

/// Makes the port of a dependency on an I/O thread, by its kind. What a kind
/// brings is only this.
class port_factory {
public:
  port_factory(std::vector<std::unique_ptr<io_thread>>& threads, journal& log);

  /// On the thread of that number.
  std::shared_ptr<dependency_port> make(const dependency_settings& settings,
                                        std::size_t thread);

private:
  /// What a dependency's provider keeps for us is known to all threads, and
  /// outlives a reload that leaves the account as it is.
  struct account {
    std::string url;
    std::string api_key;
    std::shared_ptr<upstream::kept_prefixes> kept;
  };

  std::shared_ptr<boost::asio::ssl::context>
  tls_for(const dependency_settings& settings);
  std::shared_ptr<upstream::kept_prefixes>
  kept_for(const dependency_settings& settings);

  std::vector<std::unique_ptr<io_thread>>& threads_;
  journal& log_;
  std::shared_ptr<upstream::resolver> names_;
  std::mutex lock_; // workers of all threads start at once
  std::map<std::string, std::shared_ptr<boost::asio::ssl::context>> tls_;
  std::map<std::string, account> accounts_; ///< by dependency
};

} // namespace caisson
