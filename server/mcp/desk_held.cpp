// Calls of modern clients that are held while these are asked something.
#include <boost/asio/post.hpp>

#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/request_state.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/desk.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// A state that is older opens no more. Longer than any call is held, so that
/// one that is over can be told from one that never was.
constexpr std::chrono::hours state_lasts{1};

} // namespace

void mcp_desk::begin_to_look() {
  if (open_.empty() && guests_.empty())
    home_.look_after(*this);
}

std::string mcp_desk::state_of(const held_calls::name& of,
                               const upstream_reply::plan& by) const {
  std::string content{of.begin(), of.end()};
  return mcp::seal_state(content, {by.principal, by.by.method, by.name},
                         today() + state_lasts, control_.rules()->seals,
                         random_bytes<mcp::sealing_salt>());
}

void mcp_desk::lead_back(requester& from, late_answer::manner how,
                         returned_client::words said, mcp_desk& of,
                         std::uint64_t call) {
  // Its connection ends on its own thread, whoever knew it last.
  auto end_at_home = [&io = home_.context()](returned_client* last) {
    boost::asio::post(io, [owned = std::unique_ptr<returned_client>{last}] {});
  };
  std::shared_ptr<returned_client> who{
    new returned_client{home_,
                        late_answer{from.hold(), std::move(how), keep_alive()},
                        std::move(said)},
    end_at_home};
  from.watch(this);
  begin_to_look();
  guests_.insert_or_assign(from.request().id, guest{who, &of, call});
  of.come_back(call, std::move(who));
}

void mcp_desk::come_back(std::uint64_t call,
                         std::shared_ptr<returned_client> who) {
  boost::asio::post(home_.context(), [this, call, who = std::move(who)] {
    auto found = open_.find(call);
    auto reply = found == open_.end() ? nullptr : found->second.reply.lock();
    if (reply)
      return reply->come_back(who);
    auto why = mcp::invalid_params("the call that asked this is over.");
    why.id = who->said().id;
    who->finish(mcp::write_error(why), 200);
  });
}

void mcp_desk::sign_guests(time_point now) {
  if (guests_.empty())
    return;
  for (auto& [request, one] : guests_)
    one.who->sign(now, keep_alive());
  std::erase_if(guests_, [](auto& one) { return !one.second.who->waits(); });
  if (open_.empty() && guests_.empty())
    home_.forget(*this);
}

} // namespace caisson
