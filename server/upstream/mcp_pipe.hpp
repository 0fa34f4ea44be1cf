#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/journal.hpp"
#include "actors/mcp/settings.hpp"
#include "actors/policies/restart.hpp"
#include "actors/telemetry/metrics.hpp"
#include "protocol/lines.hpp"
#include "protocol/mcp/message.hpp"
#include "server/upstream/child_process.hpp"
#include "server/upstream/mcp_wire.hpp"
#include "server/upstream/nursery.hpp"

namespace caisson::upstream {

/// The wire to a server that is a process of the node's own: a message a line.
/// One process for all who ask, started when something is to be said.
///
///             something is said        it ends, or is killed
///   (none) ───────────────────► running ────────────────────► (none)
///      ▲                                       │ too often
///      └────────── restarts_within ──── down ◄─┘
///
/// Whatever is open when it ends fails, at once. What it says by itself goes to
/// whom it names: progress by its token, news of a subscription by its id. A
/// question or a line of its log names nobody: it is for the call that is open
/// alone; where several are, nobody can tell, and nobody is told.
class mcp_pipe final : public mcp_wire,
                       public process_owner,
                       public swept,
                       public std::enable_shared_from_this<mcp_pipe> {
public:
  struct surroundings {
    std::string name; ///< of the dependency
    mcp_process_settings plan;
    millis sign_of_life; ///< how long it may take to give one
    nursery* home = nullptr;
    journal* log = nullptr;
    metrics::registry* metrics = nullptr;
  };

  mcp_pipe(io_thread& on, surroundings around);
  ~mcp_pipe() override;

  /// Called when all that was agreed with the process has gone with it.
  void on_loss(std::function<void()> does) { lost_ = std::move(does); }

  std::unique_ptr<exchange>
  send(mcp_words what, std::unique_ptr<exchange_listener> to) override;
  bool one_session() const noexcept override { return true; }
  boost::asio::io_context& io() noexcept override { return on_.context(); }

  void on_output(std::string_view bytes) override;
  void on_complaint(std::string_view bytes) override;
  void on_end(const std::string& how) override;
  void sweep(time_point now) override;

private:
  /// Of a line that is shown.
  static constexpr std::size_t longest_shown = 1024;

  class talk;
  using ear = std::shared_ptr<exchange_listener>;

  struct waiting {
    ear to;
    std::shared_ptr<mcp_note> note;
    time_point asked{};
    bool probe = false;   ///< see mcp_words::probes
    bool call = false;    ///< of a client, who may be asked something
    bool started = false; ///< something was said before the answer
  };

  std::optional<fault> begin(time_point now);
  void refuse_probes(time_point now);
  std::vector<std::string> environment() const;
  void tell_later(ear to, std::optional<fault> why);
  void drop(std::uint64_t id);
  void ask_for_sign();
  void give_up(const char* cause, const std::string& why);
  void show(std::string_view line);

  void take(std::string line);
  void answer(std::string_view line, const protocol::mcp::message& what);
  void pass_on(std::string_view line, const protocol::mcp::message& what);
  waiting* whose(const protocol::mcp::message& what);
  waiting* only_call();
  void say(waiting& to, std::string_view line);
  void refuse(const protocol::mcp::message& question);

  io_thread& on_;
  surroundings around_;
  std::function<void()> lost_;
  std::shared_ptr<child_process> process_;
  protocol::line_splitter lines_;
  protocol::line_splitter complaints_;
  std::map<std::uint64_t, waiting> open_;
  ear listener_; ///< of what the server says by itself
  restart_ledger ends_;
  time_point down_until_{};
  time_point heard_{};
  time_point sign_due_ = time_point::max();
  std::string cause_; ///< of an end that is our doing
  time_point shown_since_{};
  std::uint32_t shown_ = 0;
  std::uint64_t unshown_ = 0;
  metrics::counter started_;
  bool watched_ = false; ///< by its thread
};

} // namespace caisson::upstream
