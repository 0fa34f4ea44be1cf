#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "actors/stores/conversations.hpp"
#include "actors/tree.hpp"
#include "protocol/mcp/admission.hpp"
#include "protocol/mcp/own_prompts.hpp"
#include "server/gateway/limit_desk.hpp"
#include "server/http/requester.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/call_register.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/counts.hpp"
#include "server/mcp/own_reply.hpp"
#include "server/mcp/upstreams.hpp"

namespace caisson {

/// In whose name something is done, for as long as it takes.
struct own_caller {
  std::uint64_t request = 0;
  call base; ///< its trace, its deadline
  std::string owner;
  bool known = false; ///< can be told from others
  limit_desk::account limits;
};

/// Where the requests of one I/O thread go out that the node answers by itself
/// but not at once: to the storage, to the agent.
///
///     conversation_get, conversation_search,
///     a prompt about a conversation           ──► storage
///     agent_chat ──► agent ──► models, tools (agent_errands), storage
///     search_tools, where its calls are counted
///
/// On that thread, but for `cancel_there`.
class own_desk final : public client_watcher, public swept {
public:
  struct plan {
    io_thread& home;
    const tree& actors;
    limit_desk& limits;
    call_register& calls;
    mcp_counts& counts;
    const mcp_control& control;
    const protocol::mcp::own_server& offers;
    const std::atomic<std::int64_t>& request_timeout_ms;
    /// Made after this.
    std::function<std::shared_ptr<const mcp_offers>()> offered;
  };

  explicit own_desk(plan with);

  /// Serves a request, if it is one of those. `streams`: its client takes
  /// streams.
  bool take(requester& from, const protocol::mcp::admission& what,
            bool streams);

  /// Gives a request of this thread up that its client has cancelled; any
  /// thread.
  void cancel_there(std::uint64_t request);

  /// The client of a modern request has gone: that is how it cancels.
  void client_gone(std::uint64_t request) override;

  void sweep(time_point now) override;

  // -- for what is under way --------------------------------------------------

  /// A request has its answer.
  void over(std::uint64_t request);

  using told = std::function<void(result<conversation_answer_ptr>)>;

  /// Asks the storage. `then` is called once, later, on this thread, unless the
  /// request is given up or lost; then it is dropped.
  void ask_storage(const own_caller& who, conversation_question what,
                   told then);
  /// The same, under a name by which it can be given up.
  void ask_storage(std::uint64_t errand, const own_caller& who,
                   conversation_question what, std::shared_ptr<responder> to);

  /// The question of a call of conversation_get or conversation_search; or what
  /// is wrong with it, for whoever called.
  std::variant<conversation_question, std::string>
  question_of(const own_caller& who, std::string_view tool,
              std::string_view arguments) const;

  millis keep_alive() const;
  const protocol::mcp::own_server& offers() const noexcept {
    return with_.offers;
  }
  mcp_counts& counts() noexcept { return with_.counts; }
  call_register& calls() noexcept { return with_.calls; }
  const plan& with() const noexcept { return with_; }

private:
  own_reply_ptr begin(requester& from, const protocol::mcp::admission& what,
                      bool streams);
  own_caller caller_of(const requester& from) const;
  void serve_call(const own_caller& who, const own_reply_ptr& to,
                  std::string_view tool, std::string_view arguments);
  void look_up(const own_caller& who, const own_reply_ptr& to,
               std::string_view tool, std::string_view arguments);
  void chat(const own_caller& who, const own_reply_ptr& to,
            std::string_view arguments);
  void search(const own_caller& who, const own_reply_ptr& to,
              std::string_view arguments);
  /// Whether it answers a call, and not `own_server` at once.
  bool answers(const requester& from, std::string_view tool) const;
  void summarize(requester& from, const own_reply_ptr& to,
                 protocol::mcp::thread_summary about);

  plan with_;
  std::shared_ptr<const model_route> storage_;
  std::map<std::uint64_t, std::weak_ptr<own_reply>> open_;
};

} // namespace caisson
