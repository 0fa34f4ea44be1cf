#include "server/upstream/mcp_hello.hpp"

#include <algorithm>
#include <utility>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/sse.hpp"
#include "server/upstream/mcp_questions.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

/// Longer than any that is of use, and none that could end a field.
bool sound_session_id(std::string_view id) noexcept {
  constexpr std::size_t longest = 4096;
  return id.size() <= longest && std::all_of(id.begin(), id.end(), [](char c) {
           return c > ' ' && c <= '~';
         });
}

fault strange(const char* detail) {
  return make_fault(errc::mcp_error, failure_kind::decode, detail);
}

/// The refusal says nothing of the era: who has no right to ask, or comes at a
/// bad time, is told the same in both.
bool says_nothing(unsigned status) noexcept {
  return status == 0 || status == 401 || status == 403 || status == 408
         || status == 429 || status >= 500;
}

} // namespace

std::string_view mcp_client_info() noexcept {
  return R"({"name":"caisson","version":")" CAISSON_VERSION R"("})";
}

/// Listens to one exchange; may outlive what it tells. Of a stream only the
/// response counts: a server has nothing else to say before there is a session.
class mcp_hello::ear final : public exchange_listener {
public:
  explicit ear(std::weak_ptr<mcp_hello> to) : to_{std::move(to)} {}

  void started() override {}
  void more(bytes chunk, std::uint32_t) override {
    events_.feed(chunk.data);
    protocol::sse_event event;
    for (auto more = events_.next(event); more && *more;
         more = events_.next(event))
      last_ = event.data;
  }
  void finished(bytes whole, token_usage) override {
    if (auto to = to_.lock())
      to->heard(whole.data.empty() ? std::string_view{last_} : whole.data);
  }
  void failed(fault what) override {
    if (auto to = to_.lock())
      to->failed(std::move(what));
  }

private:
  std::weak_ptr<mcp_hello> to_;
  protocol::sse_decoder events_{mcp::largest_message};
  std::string last_;
};

mcp_hello::mcp_hello(std::weak_ptr<mcp_peer> at, std::uint8_t client,
                     time_point connect_by)
  : peer_{std::move(at)}, client_{client}, connect_by_{connect_by} {}

std::shared_ptr<void> mcp_hello::join(mcp_peer::greeted then) {
  auto made
    = std::make_shared<waiting>(waiting{shared_from_this(), std::move(then)});
  waiting_.push_back(made);
  return made;
}

void mcp_hello::start() {
  auto peer = peer_.lock();
  if (peer->spoken())
    begin_session();
  else
    discover();
}

void mcp_hello::send(std::string body, std::uint64_t id,
                     const mcp_peer::session* within,
                     const mcp::header_list& fields) {
  auto peer = peer_.lock();
  if (!peer)
    return;
  note_ = std::make_shared<mcp_note>();
  auto words = peer->post(std::make_shared<call>(), connect_by_,
                          std::move(body), id, within, fields, note_);
  words.probes = phase_ == phase::discovering;
  talk_
    = peer->begin(std::move(words), std::make_unique<ear>(weak_from_this()));
}

void mcp_hello::discover() {
  auto id = peer_.lock()->next_id();
  phase_ = phase::discovering;
  send(mcp::write_discover_request(id, mcp_client_info()), id, nullptr,
       {{"MCP-Protocol-Version", std::string{mcp::name_of(mcp::latest_modern)}},
        {"Mcp-Method", "server/discover"}});
}

/// Who refuses a revision and then names it is of it, and is asked once more.
bool mcp_hello::asks_again(const mcp::message& answer) {
  if (!mcp::wants_latest(answer) || std::exchange(asked_again_, true))
    return false;
  discover();
  return true;
}

void mcp_hello::begin_session() {
  auto id = peer_.lock()->next_id();
  phase_ = phase::beginning;
  send(mcp::write_initialize_request(id, mcp::features_of(client_),
                                     mcp_client_info()),
       id, nullptr, {});
}

void mcp_hello::confirm() {
  phase_ = phase::confirming;
  send(mcp::write_notification("notifications/initialized", {}), 0, &session_,
       {});
}

/// Who may be asked in the session can be from its first call on.
void mcp_hello::listen() {
  auto peer = peer_.lock();
  if (!peer || !peer->asks_beside(client_))
    return done(std::nullopt);
  phase_ = phase::listening;
  talk_.reset();
  questions_ = std::make_shared<mcp_questions>(peer_, session_, peer->io());
  questions_->open([weak = weak_from_this()] {
    if (auto self = weak.lock())
      self->done(std::nullopt);
  });
}

/// What refuses to begin a session, or begins none of a revision that has them,
/// is no session: a modern server goes without.
bool mcp_hello::has_no_sessions() {
  auto peer = peer_.lock();
  if (phase_ != phase::beginning || peer->spoken() != mcp::era::modern)
    return false;
  peer->met_no_sessions();
  done(std::nullopt);
  return true;
}

void mcp_hello::heard(std::string_view message) {
  auto self = shared_from_this();
  auto peer = peer_.lock();
  if (!peer)
    return;
  auto text = protocol::json::padded(message);
  auto read = mcp::read_body(text);
  if (phase_ == phase::confirming)
    return listen();
  if (!read || read->batch)
    return done(strange("what the server says is no message"));
  auto& answer = read->messages.front();
  if (phase_ == phase::discovering) {
    if (asks_again(answer))
      return;
    if (mcp::discovered(answer))
      peer->met(client_, std::nullopt);
    return peer->ready(mcp::features_of(client_)) ? done(std::nullopt)
                                                  : begin_session();
  }
  auto spoken = mcp::agreed(answer);
  if (!spoken && has_no_sessions())
    return;
  if (!spoken || !sound_session_id(note_->session_id))
    return done(strange("the server began no session that can be used"));
  session_ = {note_->session_id, *spoken, std::nullopt};
  confirm();
}

void mcp_hello::failed(fault what) {
  auto self = shared_from_this();
  auto peer = peer_.lock();
  if (!peer)
    return;
  auto status = note_->status;
  if (phase_ == phase::discovering && !says_nothing(status)) {
    auto text = protocol::json::padded(note_->body);
    auto read = mcp::read_body(text);
    if (!read || read->batch || !asks_again(read->messages.front()))
      begin_session();
    return;
  }
  // An acknowledgement has no body.
  if (phase_ == phase::confirming && status >= 200 && status < 300)
    return listen();
  if (!says_nothing(status) && has_no_sessions())
    return;
  // It is no server of that era any more, or never was one.
  if (phase_ == phase::beginning && !says_nothing(status))
    peer->forget();
  done(of_server(std::move(what)));
}

void mcp_hello::done(const std::optional<fault>& why) {
  auto self = shared_from_this();
  talk_.reset();
  if (auto peer = peer_.lock()) {
    if (!why && phase_ >= phase::confirming)
      peer->met(client_, session_, questions_);
    peer->over(client_);
  }
  for (auto& one : std::exchange(waiting_, {}))
    if (auto here = one.lock())
      here->then(why);
}

} // namespace caisson::upstream
