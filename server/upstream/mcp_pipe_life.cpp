// The life of the process: how it is started, missed and shown.
#include <cstdlib>
#include <utility>

#include "actors/telemetry/families.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/config/programs.hpp"
#include "server/upstream/mcp_pipe.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

using namespace std::chrono_literals;

/// A server of sessions need not answer what comes before one.
constexpr auto probe_answered_within = 3s;

/// So much of its standard error is shown.
constexpr std::uint32_t most_shown = 20;
constexpr auto shown_per = 1s;

fault unavailable(failure_kind kind, const char* detail) {
  return make_fault(errc::mcp_unavailable, kind, detail);
}

} // namespace

mcp_pipe::mcp_pipe(io_thread& on, surroundings around)
  : on_{on}, around_{std::move(around)}, lines_{mcp::largest_message},
    complaints_{longest_shown},
    ends_{{around_.plan.restarts, around_.plan.restarts_within}},
    started_{around_.metrics->counter(families::mcp_processes_started,
                                      {around_.name})} {}

mcp_pipe::~mcp_pipe() {
  if (watched_)
    on_.forget(*this);
  if (process_)
    process_->end();
}

// -- its life -----------------------------------------------------------------

std::vector<std::string> mcp_pipe::environment() const {
  std::vector<std::string> all;
  for (auto& name : around_.plan.inherit)
    if (const auto* said = std::getenv(name.c_str()))
      all.push_back(name + '=' + said);
  all.insert(all.end(), around_.plan.env.begin(), around_.plan.env.end());
  return all;
}

/// Nothing: it runs.
std::optional<fault> mcp_pipe::begin(time_point now) {
  if (process_)
    return std::nullopt;
  if (now < down_until_) {
    auto why = unavailable(failure_kind::connect,
                           "the server's process has ended too often");
    why.retry_after = std::chrono::ceil<millis>(down_until_ - now);
    return why;
  }
  process_plan plan{config::program_at(around_.plan.command), around_.plan.args,
                    environment(), around_.plan.directory};
  auto made = child_process::start(on_, *around_.home, plan, weak_from_this());
  if (!made && made.error().code == errc::shutting_down)
    return made.error();
  started_.add();
  if (!made) {
    on_end(made.error().detail);
    return made.error();
  }
  process_ = std::move(*made);
  heard_ = now;
  around_.log->note(severity::info, "mcp_process",
                    around_.name + " has started, pid "
                      + std::to_string(process_->pid()));
  return std::nullopt;
}

void mcp_pipe::on_end(const std::string& how) {
  const auto self = shared_from_this();
  process_ = nullptr;
  sign_due_ = time_point::max();
  lines_ = protocol::line_splitter{mcp::largest_message};
  complaints_ = protocol::line_splitter{longest_shown};
  const auto cause
    = cause_.empty() ? std::string{"itself"} : std::exchange(cause_, {});
  around_.metrics->counter(families::mcp_processes_ended, {around_.name, cause})
    .add();
  const auto now = io_thread::now();
  const auto again = ends_.ended(restart_kind::permanent, true, now)
                     == restart_verdict::restart;
  if (!again)
    down_until_ = now + around_.plan.restarts_within;
  around_.log->note(
    severity::warning, "mcp_process",
    around_.name + ": " + how
      + (again ? "" : "; too often, it stays down for a while"));
  if (lost_)
    lost_();
  const auto why
    = unavailable(failure_kind::eof, "the server's process has ended");
  for (auto& [id, one] : std::exchange(open_, {}))
    one.to->failed(why);
  if (auto one = std::exchange(listener_, nullptr))
    one->failed(why);
}

/// Ends it for a reason of ours.
void mcp_pipe::give_up(const char* cause, const std::string& why) {
  if (!process_)
    return;
  cause_ = cause;
  around_.log->note(severity::warning, "mcp_process",
                    around_.name + " " + why + "; it is killed");
  process_->kill();
}

void mcp_pipe::sweep(time_point now) {
  if (now >= sign_due_) {
    sign_due_ = time_point::max();
    give_up("silence", "gives no sign of life");
  }
  refuse_probes(now);
}

void mcp_pipe::refuse_probes(time_point now) {
  const auto self = shared_from_this();
  for (auto& [id, one] : std::map{open_}) {
    if (!one.probe || now - one.asked < probe_answered_within
        || open_.erase(id) == 0)
      continue;
    one.note->status = 400;
    one.to->failed(make_fault(errc::mcp_error, failure_kind::refused,
                              "the server says nothing to that"));
  }
}

// -- what it complains of -----------------------------------------------------

void mcp_pipe::on_complaint(std::string_view bytes) {
  using found = protocol::line_splitter::found;
  complaints_.feed(bytes);
  std::string line;
  for (auto what = complaints_.next(line); what != found::nothing;
       what = complaints_.next(line))
    show(what == found::line ? line : "(a line too long to show)");
}

/// So many in a second, and then how many more there were.
void mcp_pipe::show(std::string_view line) {
  const auto now = io_thread::now();
  if (now - shown_since_ >= shown_per) {
    shown_since_ = now;
    shown_ = 0;
    if (const auto more = std::exchange(unshown_, 0))
      around_.log->note(severity::info, "mcp_process",
                        around_.name + ": (and " + std::to_string(more)
                          + " lines more)");
  }
  if (++shown_ > most_shown)
    ++unshown_;
  else
    around_.log->note(severity::info, "mcp_process",
                      around_.name + ": " + std::string{line});
}

} // namespace caisson::upstream
