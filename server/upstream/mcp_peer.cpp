#include "server/upstream/mcp_peer.hpp"

#include <utility>

#include "protocol/dialects/classify.hpp"
#include "server/upstream/mcp_hello.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

/// Of messages that nobody waits for, so many are under way at a time.
constexpr std::size_t most_asides = 64;

/// Hears an end, whatever it is.
class end_listener final : public exchange_listener {
public:
  void started() override {}
  void more(bytes, std::uint32_t) override {}
  void finished(bytes, token_usage) override {}
  void failed(fault) override {}
};

void add_field(std::string& to, std::string_view name, std::string_view value) {
  ((to += name) += ": ") += value;
  to += "\r\n";
}

errc code_of(errc code) noexcept {
  switch (code) {
    case errc::llm_timeout:
      return errc::mcp_timeout;
    case errc::llm_unavailable:
    case errc::llm_rate_limited:
    case errc::llm_overloaded:
      return errc::mcp_unavailable;
    case errc::llm_error:
    case errc::llm_refused:
    case errc::llm_model_not_found:
      return errc::mcp_error;
    default:
      return code;
  }
}

} // namespace

void mcp_note::take(const http::response_head& head) {
  status = head.status;
  if (const auto* id = head.fields.find("mcp-session-id"))
    session_id = *id;
}

fault mcp_note::classify(unsigned code, std::string_view retry_after,
                         std::string_view date, std::string_view text) const {
  body = text;
  return protocol::classify_reply(code, retry_after, date, {});
}

fault of_server(fault what) {
  constexpr std::string_view provider = "provider";
  what.code = code_of(what.code);
  if (auto at = what.detail.find(provider); at != std::string::npos)
    what.detail.replace(at, provider.size(), "server");
  return what;
}

mcp_peer::mcp_peer(std::shared_ptr<site> where, std::string target,
                   std::string api_key)
  : site_{std::move(where)}, target_{std::move(target)},
    api_key_{std::move(api_key)} {}

mcp_peer::session* mcp_peer::in(features client) {
  auto found = sessions_.find(mcp::to_bits(client));
  return found == sessions_.end() ? nullptr : &found->second;
}

bool mcp_peer::ready(features client) {
  if (spoken_ == mcp::era::modern && (no_sessions_ || !client.any()))
    return true;
  return spoken_ && in(client);
}

std::shared_ptr<void> mcp_peer::greet(features client, time_point connect_by,
                                      greeted then) {
  auto bits = mcp::to_bits(client);
  auto hello = hellos_[bits].lock();
  if (!hello) {
    hello = std::make_shared<mcp_hello>(weak_from_this(), bits, connect_by);
    hellos_[bits] = hello;
    hello->start();
  }
  return hello->join(std::move(then));
}

void mcp_peer::met(std::uint8_t client, std::optional<session> begun) {
  if (!spoken_)
    spoken_ = begun ? mcp::era::legacy : mcp::era::modern;
  if (begun)
    sessions_[client] = std::move(*begun);
}

void mcp_peer::over(std::uint8_t client) {
  hellos_.erase(client);
}

void mcp_peer::lose(features client, const std::string& id) {
  auto found = sessions_.find(mcp::to_bits(client));
  if (found != sessions_.end() && found->second.id == id)
    sessions_.erase(found);
}

void mcp_peer::forget() {
  spoken_.reset();
  no_sessions_ = false;
  sessions_.clear();
}

order mcp_peer::post(call_ptr what, time_point connect_by, std::string body,
                     std::unique_ptr<protocol::reply_reader> reader,
                     const session* within, const mcp::header_list& fields,
                     std::shared_ptr<mcp_note> note) const {
  order out;
  out.what = std::move(what);
  out.connect_by = connect_by;
  out.reader = std::move(reader);
  out.by_type = true;
  out.over_when_done = true;
  out.wire = note.get();
  out.noted = [note](const http::response_head& head) { note->take(head); };
  out.request.target = target_;
  auto& lines = out.request.fields;
  add_field(lines, "Content-Type", "application/json");
  add_field(lines, "Accept", "application/json, text/event-stream");
  if (!api_key_.empty())
    add_field(lines, "Authorization", "Bearer " + api_key_);
  if (within && !within->id.empty())
    add_field(lines, "Mcp-Session-Id", within->id);
  if (within)
    add_field(lines, "MCP-Protocol-Version", mcp::name_of(within->spoken));
  for (auto& [name, value] : fields)
    add_field(lines, name, value);
  auto kept = std::make_shared<const std::string>(std::move(body));
  out.request.body.push_back(*kept);
  out.request.owner = std::move(kept);
  return out;
}

std::unique_ptr<exchange>
mcp_peer::begin(order what, std::unique_ptr<exchange_listener> to) const {
  return upstream::begin(site_, std::move(what), std::move(to));
}

void mcp_peer::tell(std::string body, const session& within) {
  while (asides_.size() >= most_asides)
    asides_.pop_front();
  auto note = std::make_shared<mcp_note>();
  asides_.push_back(
    begin(post(std::make_shared<call>(), {}, std::move(body),
               mcp::upstream_reader(0), &within, {}, std::move(note)),
          std::make_unique<end_listener>()));
}

std::shared_ptr<mcp_peer> make_mcp_peer(std::shared_ptr<site> where,
                                        std::string api_key) {
  // A request's target must be a path, and here there is nothing behind it.
  auto target = std::exchange(where->where.base_path, {});
  if (target.empty())
    target = "/";
  return std::make_shared<mcp_peer>(std::move(where), std::move(target),
                                    std::move(api_key));
}

} // namespace caisson::upstream
