#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "actors/ports.hpp"
#include "actors/tree.hpp"
#include "protocol/mcp/upstream_offers.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// Asks one upstream server for all that it offers: list by list and page by
/// page, each a call like a client's, with the same limits. A list that the
/// server does not have is empty; any other failure is the walk's. On one I/O
/// thread. Dropping it leaves what is under way to its end, unheard.
class list_walk : public std::enable_shared_from_this<list_walk> {
public:
  /// Nothing: it failed.
  using handler
    = std::function<void(std::optional<protocol::mcp::offer_lists>)>;

  list_walk(io_thread& home, const tree& actors,
            std::shared_ptr<const model_route> to, handler then);

  void start();

private:
  class ear;
  friend class ear;

  void ask(std::optional<std::string> cursor);
  void heard(std::string_view message);
  void take(protocol::mcp::offer_page page);
  void done(bool whole);

  io_thread& home_;
  const tree& actors_;
  std::shared_ptr<const model_route> to_;
  handler then_;
  protocol::mcp::offer_lists found_;
  std::size_t list_ = 0;
  std::size_t pages_ = 0;
};

} // namespace caisson
