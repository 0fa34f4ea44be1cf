// What a server with sessions asks a modern client in the midst of its call.
#include "actors/hex.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/stable_hash.hpp"
#include "server/mcp/desk.hpp"
#include "server/mcp/upstream_reply.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

/// The server has said, or will say, all that it says without its client.
bool upstream_reply::settled() {
  return done_ || !late_.empty() || late_fault_ || pauses();
}

/// To whoever is here now.
void upstream_reply::say(std::string_view message) {
  if (guest_)
    guest_->say(std::string{message}, desk_.keep_alive());
  else
    end_.say(message, desk_.keep_alive());
}

/// Its answer, which it may be to come again.
void upstream_reply::give(std::string message, unsigned status) {
  if (auto guest = std::exchange(guest_, nullptr))
    guest->finish(std::move(message), status);
  else
    end_.finish(std::move(message), status);
}

/// The same for the same question wherever the call is made anew.
std::string upstream_reply::key_of(const mcp::input_request& what) {
  auto hash
    = protocol::stable_hash(what.params, protocol::stable_hash(what.method));
  std::string key;
  append_hex(key, hash);
  return key + '-' + std::to_string(++asked_[hash]);
}

void upstream_reply::want(mcp::upstream_answer::step said) {
  auto what = std::move(said.wanted.requests.front());
  what.key = key_of(what);
  if (auto known = plan_.given.extract(what.key); !known.empty())
    return answer_server(said.id, known.mapped());
  if (!held_)
    held_ = desk_.hold(end_.id());
  if (!held_) {
    mcp::rpc_error full;
    full.message = "too many clients are being asked something.";
    full.id = said.id;
    return desk_.send(plan_.where, plan_.by.client, mcp::write_error(full));
  }
  desk_.keep(shared_from_this());
  open_.push_back({std::move(said.id), std::move(what)});
  if (!away_)
    ask_back();
}

void upstream_reply::ask_back() {
  std::vector<mcp::input_request> all;
  for (auto& one : open_)
    all.push_back(one.what);
  mcp::result_frame frame;
  frame.spoken = mcp::era::modern;
  frame.type = "input_required";
  auto state = desk_.state_of(*held_, plan_);
  desk_.counts().message(plan_.by.method, plan_.by.spoken, nullptr);
  away_ = true;
  give(mcp::write_result(plan_.by.id, mcp::write_input_required(all, state),
                         frame),
       200);
}

void upstream_reply::answer_server(std::string_view id,
                                   std::string_view result) {
  desk_.send(plan_.where, plan_.by.client, mcp::write_result(id, result, {}));
}

void upstream_reply::come_back(std::shared_ptr<returned_client> who) {
  if (auto before = std::exchange(guest_, std::move(who))) {
    auto why = mcp::invalid_request("the call has been taken up again.");
    why.id = plan_.by.id;
    before->finish(mcp::write_error(why), 200);
  }
  auto self = shared_from_this();
  away_ = false;
  plan_.by.id = guest_->said().id;
  words_.address(guest_->said().id, guest_->said().progress_token);
  pass_answers();
  if (late_fault_)
    tell_fault(*std::exchange(late_fault_, std::nullopt));
  else if (!late_.empty())
    hear(std::exchange(late_, {}));
  else if (!open_.empty())
    ask_back();
}

void upstream_reply::pass_answers() {
  auto& said = guest_->said().responses;
  std::erase_if(open_, [&](auto& one) {
    auto found = said.find(one.what.key);
    if (found == said.end())
      return false;
    answer_server(one.id, found->second);
    return true;
  });
}

} // namespace caisson
