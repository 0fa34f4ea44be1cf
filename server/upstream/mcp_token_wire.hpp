#pragma once

#include <memory>

#include "server/upstream/bearer_source.hpp"
#include "server/upstream/mcp_wire.hpp"

namespace caisson::upstream {

/// A wire to a server that wants a token: shows the one there is, and where the
/// server refuses it says the same once more with a new one. A message that was
/// refused has done nothing, so whatever it is it may be said again.
///
///   send ──► under way ── 401, 403 ──► renewing ── token ──► under way
///                │                         │
///                └── answer, fault ──► told ◄── none
class mcp_token_wire final : public mcp_wire {
public:
  mcp_token_wire(std::shared_ptr<mcp_wire> by,
                 std::shared_ptr<bearer_source> from)
    : by_{std::move(by)}, from_{std::move(from)} {}

  std::unique_ptr<exchange>
  send(mcp_words what, std::unique_ptr<exchange_listener> to) override;
  boost::asio::io_context& io() noexcept override { return by_->io(); }

private:
  std::shared_ptr<mcp_wire> by_;
  std::shared_ptr<bearer_source> from_;
};

} // namespace caisson::upstream
