#include "server/mcp/desk.hpp"

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "server/gateway/begun_call.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// How long a message to which nothing is answered may take.
constexpr std::chrono::seconds message_patience{30};

/// Hears how a message fared to which nobody waits for an answer.
class deaf final : public responder {
public:
  void answer(bytes, const provenance&) override {}
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault&, const provenance&) override {}
};

} // namespace

mcp_desk::mcp_desk(io_thread& home, const tree& actors, call_register& calls,
                   held_calls& held, mcp_counts& counts,
                   const mcp_control& control,
                   const std::atomic<std::int64_t>& request_timeout_ms)
  : home_(home), actors_(actors), calls_(calls), held_(held), counts_(counts),
    control_(control), request_timeout_ms_(request_timeout_ms) {
  // nop
}

std::shared_ptr<call> mcp_desk::begin(const requester& from) const {
  return std::make_shared<call>(
    begun_call(from.request(), request_timeout_ms_));
}

void mcp_desk::put(upstream_reply::plan client, mcp::upstream_route what) {
  auto& from = *client.to;
  auto id = from.request().id;
  auto asked = begin(from);
  asked->idempotent = mcp::repeatable(what);
  asked->addressed = client.where;
  asked->body = std::move(what.call);
  auto in = client.in;
  auto own_id = client.by.id;
  if (!in)
    from.watch(this);
  auto reply = std::make_shared<upstream_reply>(*this, std::move(client));
  if (in)
    calls_.began(in->key, own_id, {home_.number(), id});
  begin_to_look();
  open_[id] = {reply, asked, id};
  caf::anon_send(actors_.front_end_of(home_.number()),
                 submission{id, std::move(asked), std::move(reply)});
}

void mcp_desk::put_again(const std::shared_ptr<upstream_reply>& reply,
                         std::string_view members) {
  auto found = open_.find(reply->request());
  if (found == open_.end())
    return;
  auto& one = found->second;
  auto before
    = std::dynamic_pointer_cast<const mcp::upstream_call>(one.asked->body);
  auto body = std::make_shared<mcp::upstream_call>(*before);
  body->answers = members;
  auto asked = std::make_shared<call>(*one.asked);
  asked->body = std::move(body);
  one.kept.reset();
  one.submitted = home_.next_id();
  caf::anon_send(actors_.front_end_of(home_.number()),
                 submission{one.submitted, std::move(asked), reply});
}

void mcp_desk::keep(std::shared_ptr<upstream_reply> reply) {
  auto found = open_.find(reply->request());
  if (found != open_.end())
    found->second.kept = std::move(reply);
}

void mcp_desk::answered(std::uint64_t request, std::string question,
                        std::string response) {
  boost::asio::post(home_.context(),
                    [this, request, question = std::move(question),
                     response = std::move(response)] {
                      auto found = open_.find(request);
                      if (found == open_.end())
                        return;
                      if (auto reply = found->second.reply.lock())
                        reply->answered(question, response);
                    });
}

void mcp_desk::send(const std::shared_ptr<const model_route>& to,
                    mcp::client_features client, std::string body) {
  auto message = std::make_shared<mcp::upstream_message>();
  message->body = std::move(body);
  message->client = client;
  auto what = std::make_shared<call>();
  what->idempotent = false;
  what->deadline = io_thread::now() + message_patience;
  what->addressed = to;
  what->body = std::move(message);
  caf::anon_send(
    actors_.front_end_of(home_.number()),
    submission{home_.next_id(), std::move(what), std::make_shared<deaf>()});
}

void mcp_desk::pass_on(call_register::question to, std::string body) {
  boost::asio::post(home_.context(), [this, to = std::move(to),
                                      body = std::move(body)]() mutable {
    send(to.to, to.client, std::move(body));
  });
}

void mcp_desk::cancel_there(std::uint64_t request) {
  boost::asio::post(home_.context(), [this, request] { client_gone(request); });
}

void mcp_desk::client_gone(std::uint64_t request) {
  if (auto one = guests_.extract(request); !one.empty()) {
    // Who has its answer leaves without another word.
    if (one.mapped().who->waits()) {
      one.mapped().who->gone();
      one.mapped().at->cancel_there(one.mapped().call);
    }
    return;
  }
  auto found = open_.find(request);
  auto reply = found == open_.end() ? nullptr : found->second.reply.lock();
  if (!reply)
    return;
  auto submitted = found->second.submitted;
  reply->cancel();
  caf::anon_send(actors_.front_end_of(home_.number()), client_left{submitted});
}

void mcp_desk::over(std::uint64_t request) {
  if (open_.erase(request) > 0 && open_.empty() && guests_.empty())
    home_.forget(*this);
}

void mcp_desk::sweep(time_point now) {
  // Whoever is found gone leaves: not while they are looked at.
  std::vector<std::shared_ptr<upstream_reply>> all;
  std::vector<std::shared_ptr<upstream_reply>> late;
  for (auto& [id, one] : open_)
    if (auto reply = one.reply.lock())
      (one.kept && one.asked->deadline <= now ? late : all)
        .push_back(std::move(reply));
  for (auto& one : all)
    one->sign(now);
  for (auto& one : late)
    one->expire();
  sign_guests(now);
}

std::string mcp_desk::next_question() {
  return '"' + std::to_string(home_.number()) + '-'
         + std::to_string(++questions_) + '"';
}

} // namespace caisson
