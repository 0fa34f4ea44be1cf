// Reason for length: the phases of an attempt, any of which may lead to any.
#include "server/upstream/mcp_run.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_call.hpp"
#include "protocol/mcp/upstream_hello.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/upstream/mcp_hello.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

/// How long a server is left alone that has cut its stream.
constexpr std::chrono::milliseconds usual_pause{1'000};
constexpr std::chrono::milliseconds shortest_pause{50};
constexpr std::chrono::milliseconds longest_pause{30'000};

/// One attempt of several exchanges, one after another.
///
///                 known           a session that is silent enough
///   greeting ─────────────► ready ────────────────────────► asking ──► over
///      ▲                      │ the client wants more          │
///      │                      └────► setting the level ──► ready
///      └──── the server knows the session no more: once ───────┘
///
/// A stream that is cut before its answer is taken up where it was, if the
/// server has said how. A session that was lost is repaired here, unseen: the
/// server has not looked at the request. All of it takes the attempt's own
/// place and time.
class mcp_run final : public std::enable_shared_from_this<mcp_run> {
public:
  mcp_run(std::shared_ptr<mcp_peer> at, const attempt& which,
          std::unique_ptr<exchange_listener> listener);

  void start();
  void cancel();

  const exchange* talk() const noexcept {
    return phase_ == phase::asking ? talk_.get() : nullptr;
  }

  // What the exchange of the moment says.
  void started();
  void more(bytes chunk, std::uint32_t tokens);
  void finished(bytes whole, token_usage usage);
  void failed(fault what);

private:
  enum class phase : std::uint8_t { greeting, setting, asking, over };
  class ear;

  void go_on();
  void greet();
  bool set_level();
  void ask();
  mcp::client_features sort() const;
  void refuse_answers();
  void speak(std::string body, std::uint64_t id,
             const mcp::header_list& fields);
  bool repair(const mcp::message* answer);
  void hear_questions();
  bool take_up(const fault& why);
  void ask_for_the_rest();
  void succeed(bytes whole, token_usage usage);
  void give_up(fault what);

  std::shared_ptr<mcp_peer> peer_;
  call_ptr what_;
  time_point connect_by_;
  std::unique_ptr<exchange_listener> listener_;
  const mcp::upstream_call* call_ = nullptr;
  const mcp::upstream_message* message_ = nullptr;
  mcp::client_features client_;
  std::shared_ptr<void> greeting_;
  std::unique_ptr<exchange> talk_;
  std::shared_ptr<mcp_note> note_;
  std::shared_ptr<void> questions_; ///< ticket: the server may ask the client
  std::optional<mcp_peer::session> within_; ///< what is being asked
  std::shared_ptr<mcp::stream_place> place_;
  std::optional<boost::asio::steady_timer> pause_;
  std::optional<fault> cut_; ///< why the stream has been taken up
  std::uint64_t id_ = 0;
  phase phase_ = phase::greeting;
  bool begun_ = false;
  bool repaired_ = false;
};

/// Listens to one exchange; may outlive what it tells.
class mcp_run::ear final : public exchange_listener {
public:
  explicit ear(std::weak_ptr<mcp_run> to) : to_{std::move(to)} {}

  void started() override {
    if (auto to = to_.lock())
      to->started();
  }
  void more(bytes chunk, std::uint32_t tokens) override {
    if (auto to = to_.lock())
      to->more(std::move(chunk), tokens);
  }
  void finished(bytes whole, token_usage usage) override {
    if (auto to = to_.lock())
      to->finished(std::move(whole), usage);
  }
  void failed(fault what) override {
    if (auto to = to_.lock())
      to->failed(std::move(what));
  }

private:
  std::weak_ptr<mcp_run> to_;
};

mcp_run::mcp_run(std::shared_ptr<mcp_peer> at, const attempt& which,
                 std::unique_ptr<exchange_listener> listener)
  : peer_{std::move(at)}, what_{which.what}, connect_by_{which.connect_by},
    listener_{std::move(listener)} {
  call_ = dynamic_cast<const mcp::upstream_call*>(what_->body.get());
  message_ = dynamic_cast<const mcp::upstream_message*>(what_->body.get());
  client_ = message_ ? message_->client : call_->client;
}

/// Of which sort the client is for the server. A modern one is asked in the
/// midst of a call only by servers that know no other way.
mcp::client_features mcp_run::sort() const {
  auto asked = message_ || call_->asked_in == mcp::era::legacy
               || peer_->spoken() == mcp::era::legacy;
  return asked ? client_ : mcp::client_features{};
}

void mcp_run::start() {
  go_on();
}

void mcp_run::cancel() {
  auto asked = phase_ == phase::asking;
  phase_ = phase::over;
  questions_.reset();
  talk_.reset();
  greeting_.reset();
  listener_.reset();
  // A session lives on when a connection ends, and so does the request in it.
  if (asked && call_ && (within_ || peer_->must_be_told()))
    peer_->tell(mcp::write_cancelled(id_), within_ ? &*within_ : nullptr);
}

void mcp_run::go_on() {
  if (!peer_->ready(sort()))
    greet();
  else if (!set_level())
    ask();
}

void mcp_run::greet() {
  phase_ = phase::greeting;
  greeting_
    = peer_->greet(sort(), connect_by_,
                   [weak = weak_from_this()](const std::optional<fault>& why) {
                     auto self = weak.lock();
                     if (!self || self->phase_ != phase::greeting)
                       return;
                     if (why)
                       self->give_up(*why);
                     else
                       self->go_on();
                   });
}

/// True: the session is told first from which level on it hears of the log.
bool mcp_run::set_level() {
  auto* in = peer_->in(sort());
  if (!in || !call_ || !call_->level
      || (in->level && *in->level <= *call_->level))
    return false;
  phase_ = phase::setting;
  in->level = call_->level;
  within_ = *in;
  auto id = peer_->next_id();
  speak(mcp::write_set_level(id, mcp::json_of(*call_->level)), id, {});
  return true;
}

void mcp_run::ask() {
  // Another call may have found out meanwhile that the session is lost.
  if (!peer_->ready(sort()))
    return greet();
  phase_ = phase::asking;
  within_.reset();
  if (auto* in = peer_->in(sort()))
    within_ = *in;
  auto spoken = within_ ? mcp::era::legacy : mcp::era::modern;
  if (message_)
    return speak(message_->body, 0, {});
  id_ = peer_->next_id();
  if (spoken == mcp::era::legacy && call_->asked_in == mcp::era::modern
      && !call_->answers.empty())
    return refuse_answers();
  hear_questions();
  auto fields = mcp::header_list{};
  if (spoken == mcp::era::modern) {
    fields = mcp::upstream_headers(*call_);
    fields.emplace_back("MCP-Protocol-Version",
                        mcp::name_of(mcp::latest_modern));
  }
  speak(mcp::write_upstream(*call_, spoken, id_, mcp_client_info()), id_,
        fields);
}

/// A question may come on a stream of its own; it begins the answer too.
void mcp_run::hear_questions() {
  questions_
    = peer_->hear_questions(sort(), [weak = weak_from_this()](bytes question) {
        auto self = weak.lock();
        if (!self || self->phase_ != phase::asking)
          return;
        self->started();
        self->more(std::move(question), 0);
      });
}

/// A server with sessions has asked nobody to come again: it was asked by the
/// node, which does not know of that call any more.
void mcp_run::refuse_answers() {
  boost::asio::post(peer_->io(), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->phase_ != phase::asking)
      return;
    auto why = mcp::invalid_params("requestState is of no call that is held.");
    why.id = std::to_string(self->id_);
    self->succeed(own(mcp::write_error(why)), {});
  });
}

void mcp_run::speak(std::string body, std::uint64_t id,
                    const mcp::header_list& fields) {
  note_ = std::make_shared<mcp_note>();
  place_ = std::make_shared<mcp::stream_place>();
  auto words = peer_->post(what_, connect_by_, std::move(body), id,
                           within_ ? &*within_ : nullptr, fields, note_);
  words.place = place_;
  talk_
    = peer_->begin(std::move(words), std::make_unique<ear>(weak_from_this()));
}

/// True: what is missing of the answer is asked for, soon. Whoever waits for it
/// knows how long that may go on.
bool mcp_run::take_up(const fault& why) {
  const auto cut = why.kind == failure_kind::eof
                   || why.kind == failure_kind::framing
                   || why.kind == failure_kind::reset;
  if (phase_ != phase::asking || !call_ || !within_ || !cut
      || place_->last_event.empty())
    return false;
  cut_ = why;
  talk_.reset();
  pause_.emplace(peer_->io());
  pause_->expires_after(std::clamp(place_->wait.value_or(usual_pause),
                                   shortest_pause, longest_pause));
  pause_->async_wait(
    [weak = weak_from_this()](const boost::system::error_code& ec) {
      auto self = weak.lock();
      if (!ec && self && self->phase_ == phase::asking)
        self->ask_for_the_rest();
    });
  return true;
}

void mcp_run::ask_for_the_rest() {
  note_ = std::make_shared<mcp_note>();
  auto rest = peer_->post(what_, {}, {}, id_, &*within_, {}, note_);
  rest.act = mcp_act::take_up;
  rest.place = place_;
  talk_
    = peer_->begin(std::move(rest), std::make_unique<ear>(weak_from_this()));
  // One that brings nothing new is the last.
  place_->last_event.clear();
}

void mcp_run::started() {
  if (phase_ == phase::asking && !std::exchange(begun_, true))
    listener_->started();
}

void mcp_run::more(bytes chunk, std::uint32_t tokens) {
  if (phase_ == phase::asking)
    listener_->more(std::move(chunk), tokens);
}

void mcp_run::finished(bytes whole, token_usage usage) {
  auto self = shared_from_this();
  // Whether the server has a level to set is its own business.
  if (phase_ == phase::setting)
    ask();
  else
    succeed(std::move(whole), usage);
}

/// True: the server does not know what it was asked in any more, and has not
/// been asked anew yet.
bool mcp_run::repair(const mcp::message* answer) {
  if (begun_ || repaired_ || !call_
      || mcp::state_of(note_->status, answer, id_) == mcp::session_state::sound)
    return false;
  repaired_ = true;
  if (within_)
    peer_->lose(sort(), within_->id);
  else
    peer_->forget();
  return true;
}

void mcp_run::failed(fault what) {
  auto self = shared_from_this();
  auto status = note_->status;
  auto text = protocol::json::padded(note_->body);
  auto read = mcp::read_body(text);
  auto* answer = read && !read->batch ? &read->messages.front() : nullptr;
  if (take_up(what))
    return;
  // The server has looked at the request: nothing is asked anew.
  if (cut_)
    return give_up(of_server(std::move(*cut_)));
  if (repair(answer))
    return go_on();
  if (phase_ == phase::setting)
    return status != 0 ? ask() : give_up(of_server(std::move(what)));
  // A message is acknowledged without a body.
  if (message_ && status >= 200 && status < 300)
    return succeed({}, {});
  // An error of the request's own, told by the status too.
  if (call_ && !begun_ && (status == 400 || status == 404) && answer
      && !answer->error.empty())
    return succeed(own(note_->body), {});
  give_up(of_server(std::move(what)));
}

void mcp_run::succeed(bytes whole, token_usage usage) {
  phase_ = phase::over;
  questions_.reset();
  auto listener = std::move(listener_);
  // What has begun as events ends as such.
  if (begun_ && !whole.data.empty()) {
    std::string event;
    mcp::append_event(event, whole.data);
    listener->more(own(std::move(event)), 0);
    whole = {};
  }
  talk_.reset();
  listener->finished(std::move(whole), usage);
}

void mcp_run::give_up(fault what) {
  phase_ = phase::over;
  questions_.reset();
  talk_.reset();
  auto listener = std::move(listener_);
  listener->failed(std::move(what));
}

/// The caller's end.
class running final : public exchange {
public:
  explicit running(std::shared_ptr<mcp_run> what) : run_{std::move(what)} {}
  ~running() override { run_->cancel(); }

  bool answering() const noexcept override {
    return run_->talk() && run_->talk()->answering();
  }
  bool held_back() const noexcept override {
    return run_->talk() && run_->talk()->held_back();
  }

private:
  std::shared_ptr<mcp_run> run_;
};

} // namespace

std::unique_ptr<exchange>
begin_mcp(std::shared_ptr<mcp_peer> at, const attempt& which,
          std::unique_ptr<exchange_listener> listener) {
  auto run
    = std::make_shared<mcp_run>(std::move(at), which, std::move(listener));
  run->start();
  return std::make_unique<running>(std::move(run));
}

} // namespace caisson::upstream
