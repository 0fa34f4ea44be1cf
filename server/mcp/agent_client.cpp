// What a client hears of an agent that works for it.
#include "server/mcp/agent_errands.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

class agent_ear final : public agent_client {
public:
  agent_ear(own_reply_ptr to, mcp::agent_wish what, std::string thread)
    : to_(std::move(to)), what_(std::move(what)), thread_(std::move(thread)) {}

  void asks(std::uint32_t step) override {
    to_->progress(mcp::sentence_of_step(step));
  }

  void calls(const std::vector<tool_wish>& tools) override {
    to_->progress(mcp::sentence_of_step(tools));
  }

  void done(const agent_answer& what) override {
    conclude(mcp::agent_result(what_, thread_, what));
  }

  void fail(const fault& why, const agent_account& so_far) override {
    conclude(mcp::agent_failure(why, so_far));
  }

private:
  void conclude(mcp::tool_result how) {
    to_->conclude({std::move(how.members), mcp::agent_chat_name, how.failed});
  }

  own_reply_ptr to_;
  mcp::agent_wish what_;
  std::string thread_;
};

} // namespace

std::shared_ptr<agent_client> hear_agent(own_reply_ptr to, mcp::agent_wish what,
                                         std::string thread) {
  return std::make_shared<agent_ear>(std::move(to), std::move(what),
                                     std::move(thread));
}

} // namespace caisson
