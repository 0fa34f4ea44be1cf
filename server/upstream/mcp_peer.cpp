#include "server/upstream/mcp_peer.hpp"

#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "server/upstream/mcp_hello.hpp"
#include "server/upstream/mcp_http.hpp"
#include "server/upstream/mcp_questions.hpp"
#include "server/upstream/mcp_token_wire.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

/// Of messages that nobody waits for, so many are under way at a time.
constexpr std::size_t most_asides = 64;

/// A server that is told of an end has heard it by then.
constexpr std::chrono::seconds last_words{2};

/// Hears an end, whatever it is.
class end_listener final : public exchange_listener {
public:
  void started() override {}
  void more(bytes, std::uint32_t) override {}
  void finished(bytes, token_usage) override {}
  void failed(fault) override {}
};

/// What a server may ask of whoever started it: some client may be able to
/// answer. The roots of files are none of the node's.
constexpr mcp::client_features all_sorts{true, true, true, false};

} // namespace

/// A wire that is a session is all clients' at once.
std::uint8_t mcp_peer::bits_of(features client) const noexcept {
  return mcp::to_bits(wire_->one_session() ? all_sorts : client);
}

mcp_peer::~mcp_peer() {
  auto talks = std::make_shared<std::list<std::unique_ptr<exchange>>>();
  for (auto& [client, one] : sessions_) {
    // A session without a name ends with the wire.
    if (one.id.empty())
      continue;
    auto goodbye = post(std::make_shared<call>(), {}, {}, 0, &one, {},
                        std::make_shared<mcp_note>());
    goodbye.act = mcp_act::end;
    talks->push_back(
      begin(std::move(goodbye), std::make_unique<end_listener>()));
  }
  if (talks->empty())
    return;
  // Nobody else keeps them.
  auto timer = std::make_shared<boost::asio::steady_timer>(io(), last_words);
  timer->async_wait([timer, talks](const boost::system::error_code&) {});
}

mcp_peer::session* mcp_peer::in(features client) {
  auto found = sessions_.find(bits_of(client));
  return found == sessions_.end() ? nullptr : &found->second;
}

bool mcp_peer::ready(features client) {
  auto alone = no_sessions_ || wire_->one_session() || !client.any();
  if (spoken_ == mcp::era::modern && alone)
    return true;
  return spoken_ && in(client);
}

std::shared_ptr<void> mcp_peer::greet(features client, time_point connect_by,
                                      greeted then) {
  auto bits = bits_of(client);
  auto hello = hellos_[bits].lock();
  if (!hello) {
    hello = std::make_shared<mcp_hello>(weak_from_this(), bits, connect_by);
    hellos_[bits] = hello;
    hello->start();
  }
  return hello->join(std::move(then));
}

void mcp_peer::met(std::uint8_t client, std::optional<session> begun,
                   std::shared_ptr<mcp_questions> asks) {
  if (!spoken_)
    spoken_ = begun ? mcp::era::legacy : mcp::era::modern;
  if (begun)
    sessions_[client] = std::move(*begun);
  if (asks)
    questions_[client] = std::move(asks);
}

bool mcp_peer::asks_beside(std::uint8_t client) const noexcept {
  return mcp::features_of(client).any() && !wire_->one_session();
}

std::shared_ptr<void>
mcp_peer::hear_questions(features client, std::function<void(bytes)> asked) {
  auto found = questions_.find(bits_of(client));
  return found == questions_.end() ? nullptr
                                   : found->second->join(std::move(asked));
}

void mcp_peer::over(std::uint8_t client) {
  hellos_.erase(client);
}

void mcp_peer::lose(features client, const std::string& id) {
  auto found = sessions_.find(bits_of(client));
  if (found == sessions_.end() || found->second.id != id)
    return;
  sessions_.erase(found);
  questions_.erase(bits_of(client));
}

void mcp_peer::forget() {
  spoken_.reset();
  no_sessions_ = false;
  sessions_.clear();
  questions_.clear();
}

mcp_words mcp_peer::post(call_ptr what, time_point connect_by, std::string body,
                         std::uint64_t id, const session* within,
                         const mcp::header_list& fields,
                         std::shared_ptr<mcp_note> note) const {
  mcp_words out;
  out.what = std::move(what);
  out.connect_by = connect_by;
  out.body = std::move(body);
  out.id = id;
  if (within) {
    out.session_id = within->id;
    out.revision = mcp::name_of(within->spoken);
  }
  out.fields = fields;
  out.note = std::move(note);
  return out;
}

std::unique_ptr<exchange>
mcp_peer::begin(mcp_words what, std::unique_ptr<exchange_listener> to) const {
  return wire_->send(std::move(what), std::move(to));
}

void mcp_peer::tell(std::string body, const session* within) {
  while (asides_.size() >= most_asides)
    asides_.pop_front();
  asides_.push_back(begin(post(std::make_shared<call>(), {}, std::move(body), 0,
                               within, {}, std::make_shared<mcp_note>()),
                          std::make_unique<end_listener>()));
}

std::shared_ptr<mcp_peer> make_mcp_peer(std::shared_ptr<site> where,
                                        std::string api_key,
                                        std::shared_ptr<bearer_source> from) {
  std::shared_ptr<mcp_wire> wire
    = std::make_shared<mcp_http>(std::move(where), std::move(api_key));
  if (from)
    wire = std::make_shared<mcp_token_wire>(std::move(wire), std::move(from));
  return std::make_shared<mcp_peer>(std::move(wire));
}

} // namespace caisson::upstream
