#pragma once

#include <memory>
#include <string>

#include "actors/agent/ports.hpp"
#include "protocol/mcp/federation.hpp"
#include "protocol/mcp/upstream_answer.hpp"
#include "protocol/sse.hpp"
#include "server/mcp/counts.hpp"

namespace caisson {

/// The agent's end of a call of a tool: counts it, as one of a client's own.
class tool_ear final : public responder {
public:
  tool_ear(mcp_counts& counts, std::string tool, std::shared_ptr<responder> to);
  /// Dropped unanswered it counts as given up.
  ~tool_ear() override;

  bool waits() const noexcept override { return to_->waits(); }
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault& what, const provenance& from) override;

private:
  void count(std::string_view status);

  mcp_counts& counts_;
  std::string tool_;
  std::shared_ptr<responder> to_;
  bool done_ = false;
};

/// Hears an upstream server answer a call of the agent's, and says it in the
/// words of a tool. The agent can be asked nothing, has no log, and reads no
/// resources: what is too large for it is cut.
class upstream_ear final : public responder {
public:
  upstream_ear(mcp_counts& counts, const protocol::mcp::server_offers& of,
               std::shared_ptr<responder> to);

  bool waits() const noexcept override { return to_->waits(); }
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance&) override {}
  void more(bytes chunk) override;
  void end() override;
  void fail(const fault& what, const provenance& from) override;

private:
  void hear(std::string_view message);

  mcp_counts& counts_;
  std::string service_;
  protocol::mcp::upstream_answer words_;
  protocol::sse_decoder events_;
  std::shared_ptr<responder> to_;
  bool done_ = false;
};

} // namespace caisson
