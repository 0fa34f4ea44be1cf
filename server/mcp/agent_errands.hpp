#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "actors/agent/ports.hpp"
#include "actors/agent/settings.hpp"
#include "protocol/mcp/agent_tool.hpp"
#include "server/mcp/own_desk.hpp"

namespace caisson {

/// What the agent does in somebody's name: asks models as a client would, held
/// against the caller's limits as a request of theirs is; calls tools as they
/// are offered; asks the storage. Of one order, on its I/O thread.
class agent_errands final : public agent_world,
                            public std::enable_shared_from_this<agent_errands> {
public:
  agent_errands(own_desk& desk, own_caller who, const agent_settings& how);

  /// The words for the order that this is of.
  std::shared_ptr<agent_talk> talk(const protocol::mcp::agent_wish& what) const;

  std::uint64_t ask_model(model_question what,
                          std::shared_ptr<responder> to) override;
  std::uint64_t call_tool(const tool_wish& what,
                          std::shared_ptr<responder> to) override;
  std::uint64_t ask_storage(conversation_question what,
                            std::shared_ptr<responder> to) override;
  void give_up(std::uint64_t errand) override;

private:
  bool may_use(std::string_view tool) const;
  void put(std::uint64_t errand, call_ptr what, std::shared_ptr<responder> to);
  void begin_call(std::uint64_t errand, const tool_wish& what,
                  std::shared_ptr<responder> to);
  void call_own(std::uint64_t errand, const tool_wish& what,
                std::shared_ptr<responder> to);
  void pass_on(std::uint64_t errand, const tool_wish& what,
               std::shared_ptr<responder> to);
  std::string model() const;

  own_desk& desk_;
  own_caller who_;
  agent_settings how_;
  std::shared_ptr<const mcp_offers> offered_;
  std::set<std::uint64_t> waiting_; ///< for leave of the limits
};

/// The end of an agent's order that its client hears of.
std::shared_ptr<agent_client> hear_agent(own_reply_ptr to,
                                         protocol::mcp::agent_wish what,
                                         std::string thread);

} // namespace caisson
