#include "server/upstream/mcp_pipe.hpp"

#include <charconv>
#include <utility>

#include <boost/asio/post.hpp>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_reader.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

/// What a process may leave unread of what it is told.
constexpr std::size_t most_unread = 16 * 1024 * 1024;

constexpr std::string_view subscription
  = "io.modelcontextprotocol/subscriptionId";

std::optional<std::uint64_t> number_of(std::string_view json) {
  std::uint64_t number = 0;
  const auto* end = json.data() + json.size();
  const auto [stop, ec] = std::from_chars(json.data(), end, number);
  if (json.empty() || ec != std::errc{} || stop != end)
    return std::nullopt;
  return number;
}

} // namespace

/// The caller's end.
class mcp_pipe::talk final : public exchange {
public:
  /// Of a message, or of an ear for what is said unasked.
  talk(std::weak_ptr<mcp_pipe> at, std::uint64_t id, const ear& by)
    : at_{std::move(at)}, id_{id}, ear_{by} {}
  ~talk() override {
    auto at = at_.lock();
    if (!at)
      return;
    if (id_ != 0)
      at->drop(id_);
    else if (at->listener_ == ear_.lock())
      at->listener_ = nullptr;
  }

  bool answering() const noexcept override {
    auto at = at_.lock();
    if (!at)
      return false;
    const auto found = at->open_.find(id_);
    return found != at->open_.end() && found->second.started;
  }

private:
  std::weak_ptr<mcp_pipe> at_;
  std::uint64_t id_;
  std::weak_ptr<exchange_listener> ear_;
};

// -- what is said to it -------------------------------------------------------

/// Nothing may be heard before `send` has returned.
void mcp_pipe::tell_later(ear to, std::optional<fault> why) {
  boost::asio::post(on_.context(), [to = std::move(to), why = std::move(why)] {
    if (why)
      to->failed(*why);
    else
      to->finished({}, {});
  });
}

std::unique_ptr<exchange>
mcp_pipe::send(mcp_words what, std::unique_ptr<exchange_listener> to) {
  const auto now = io_thread::now();
  // Made on whichever thread, it is used on its own.
  if (!std::exchange(watched_, true))
    on_.look_after(*this);
  ear heard{std::move(to)};
  auto made = std::make_unique<talk>(weak_from_this(), what.id, heard);
  auto wrong = begin(now);
  if (!wrong && process_->waiting() > most_unread)
    wrong = make_fault(errc::mcp_unavailable, failure_kind::overloaded,
                       "the server does not read what it is told");
  if (wrong) {
    tell_later(std::move(heard), std::move(wrong));
    return std::make_unique<exchange>();
  }
  if (what.act == mcp_act::listen) {
    listener_ = std::move(heard);
    return made;
  }
  process_->write(protocol::on_one_line(what.body) + '\n');
  if (what.id == 0) {
    tell_later(std::move(heard), std::nullopt);
    return std::make_unique<exchange>();
  }
  open_[what.id] = {std::move(heard), std::move(what.note), now, what.probes,
                    what.what && what.what->body != nullptr};
  return made;
}

/// Whoever waited does not any more, for want of time or for reasons of its
/// own. A server that has said nothing at all since then may be dead.
void mcp_pipe::drop(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end())
    return;
  const auto silent = heard_ <= found->second.asked;
  open_.erase(found);
  if (silent && process_ && sign_due_ == time_point::max())
    ask_for_sign();
}

void mcp_pipe::ask_for_sign() {
  // Whatever it says to that is a sign.
  process_->write(mcp::write_request("\"alive\"", "ping", {}) + '\n');
  sign_due_ = io_thread::now() + around_.sign_of_life;
}

// -- what it says -------------------------------------------------------------

void mcp_pipe::on_output(std::string_view bytes) {
  const auto self = shared_from_this();
  using found = protocol::line_splitter::found;
  heard_ = io_thread::now();
  sign_due_ = time_point::max();
  lines_.feed(bytes);
  std::string line;
  for (auto what = lines_.next(line); what != found::nothing && process_;
       what = lines_.next(line)) {
    if (what == found::too_long)
      return give_up("nonsense", "says more in a line than anybody can take");
    take(std::exchange(line, {}));
  }
}

void mcp_pipe::take(std::string line) {
  line.reserve(line.size() + protocol::json::padding);
  const auto read = mcp::read_body(line);
  // Many a program greets whoever has started it.
  if (!read || read->batch)
    return show("what it says is no message: " + line.substr(0, longest_shown));
  auto& one = read->messages.front();
  if (one.kind == mcp::message_kind::response)
    answer(line, one);
  else
    pass_on(line, one);
}

void mcp_pipe::answer(std::string_view line, const mcp::message& what) {
  const auto id = number_of(what.id);
  const auto found = id ? open_.find(*id) : open_.end();
  if (found == open_.end())
    return;
  auto one = std::move(found->second);
  open_.erase(found);
  if (one.note)
    one.note->status = 200;
  if (!one.started)
    return one.to->finished(own(std::string{line}), {});
  say(one, line);
  one.to->finished({}, {});
}

void mcp_pipe::say(waiting& to, std::string_view line) {
  const auto heard = to.to; // it may be dropped meanwhile
  if (!std::exchange(to.started, true))
    heard->started();
  std::string event;
  mcp::append_event(event, line);
  heard->more(own(std::move(event)));
}

/// Whom a message means that is no answer; nullptr: nobody who can be told.
mcp_pipe::waiting* mcp_pipe::whose(const mcp::message& what) {
  auto name = mcp::member_of(what.params, "progressToken");
  if (what.method != "notifications/progress")
    name = mcp::member_of(mcp::member_of(what.params, "_meta"), subscription);
  if (const auto id = number_of(name)) {
    const auto found = open_.find(*id);
    return found == open_.end() ? nullptr : &found->second;
  }
  const auto for_a_call = what.kind == mcp::message_kind::request
                          || what.method == "notifications/message";
  return for_a_call ? only_call() : nullptr;
}

mcp_pipe::waiting* mcp_pipe::only_call() {
  waiting* only = nullptr;
  for (auto& [id, one] : open_)
    if (one.call && std::exchange(only, &one))
      return nullptr;
  return only;
}

void mcp_pipe::pass_on(std::string_view line, const mcp::message& what) {
  if (auto* to = whose(what))
    return say(*to, line);
  if (what.kind == mcp::message_kind::request)
    return refuse(what);
  if (!listener_ || what.method == "notifications/message")
    return;
  const auto heard = listener_;
  std::string event;
  mcp::append_event(event, line);
  heard->more(own(std::move(event)));
}

void mcp_pipe::refuse(const mcp::message& question) {
  if (question.method == "ping")
    return process_->write(mcp::write_result(question.id, "{}", {}) + '\n');
  auto why = mcp::method_not_found(mcp::era::legacy, question.method);
  why.message = "Nobody can be asked now.";
  why.id = question.id;
  process_->write(mcp::write_error(why) + '\n');
}

} // namespace caisson::upstream
