#pragma once

#include <memory>
#include <string>

#include "server/upstream/exchange.hpp"
#include "server/upstream/mcp_wire.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// The wire to a server over HTTP: each message is a POST, the stream on which
/// it says things by itself a GET, as is the rest of an answer; a session ends
/// by DELETE.
class mcp_http final : public mcp_wire {
public:
  /// The path of `where` is where the server is asked.
  mcp_http(std::shared_ptr<site> where, std::string api_key);

  std::unique_ptr<exchange>
  send(mcp_words what, std::unique_ptr<exchange_listener> to) override;
  boost::asio::io_context& io() noexcept override { return site_->io; }

private:
  std::string fields_of(const mcp_words& what) const;

  std::shared_ptr<site> site_;
  std::string target_;
  std::string api_key_;
};

} // namespace caisson::upstream
