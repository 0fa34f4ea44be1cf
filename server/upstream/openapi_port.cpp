#include "server/upstream/openapi_port.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/upstream_call.hpp"
#include "protocol/mcp/upstream_offers.hpp"
#include "protocol/openapi/reply.hpp"
#include "protocol/openapi/request.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;
namespace openapi = protocol::openapi;

namespace {

/// An answer that needs nobody else; unheard once the exchange is dropped.
class known_answer final : public exchange {
public:
  known_answer(boost::asio::io_context& io, std::string text,
               std::unique_ptr<exchange_listener> to)
    : to_{std::move(to)} {
    boost::asio::post(
      io, [weak = std::weak_ptr{to_}, text = std::move(text)]() mutable {
        if (auto listener = weak.lock())
          listener->finished(own(std::move(text)), {});
      });
  }

private:
  std::shared_ptr<exchange_listener> to_;
};

/// Hears an exchange, whose faults are told in the words for a server.
class in_other_words final : public exchange_listener {
public:
  explicit in_other_words(std::unique_ptr<exchange_listener> to)
    : to_{std::move(to)} {}

  void started() override { to_->started(); }
  void more(bytes chunk, std::uint32_t tokens) override {
    to_->more(std::move(chunk), tokens);
  }
  void finished(bytes whole, token_usage usage) override {
    to_->finished(std::move(whole), usage);
  }
  void failed(fault what) override { to_->failed(of_server(std::move(what))); }

private:
  std::unique_ptr<exchange_listener> to_;
};

std::string list_of(const openapi::api& what) {
  std::string tools;
  for (auto& one : what.operations)
    (tools += tools.empty() ? "" : ",") += one.definition;
  return R"({"jsonrpc":"2.0","id":1,"result":{"tools":[)" + tools + "]}}";
}

/// The members of a call's params are text without braces.
std::string arguments_of(const mcp::upstream_call& asked) {
  auto params = '{' + asked.members + '}';
  params.reserve(params.size() + protocol::json::padding);
  return std::string{mcp::member_of(params, "arguments")};
}

order order_of(const attempt& which, protocol::upstream_request request) {
  static const openapi::tool_judge judge;
  auto note = std::make_shared<openapi::reply_note>();
  order out;
  out.what = which.what;
  out.connect_by = which.connect_by;
  out.request = std::move(request);
  out.reader = openapi::tool_reader(note);
  out.wire = &judge;
  out.by_type = true;
  out.noted = [note](const http::response_head& head) {
    note->status = head.status;
    if (const auto* type = head.fields.find("content-type"))
      note->content_type = *type;
  };
  return out;
}

} // namespace

openapi_port::openapi_port(std::shared_ptr<site> where,
                           std::shared_ptr<const openapi::api> what,
                           std::string key)
  : site_{std::move(where)}, api_{std::move(what)}, key_{std::move(key)} {
  // nop
}

std::unique_ptr<exchange>
openapi_port::start(const attempt& which,
                    std::unique_ptr<exchange_listener> listener) {
  auto say = [&](std::string text) {
    return std::make_unique<known_answer>(site_->io, std::move(text),
                                          std::move(listener));
  };
  const auto* asked
    = dynamic_cast<const mcp::upstream_call*>(which.what->body.get());
  if (!asked)
    return say({}); // a message to which nobody waits for an answer
  if (asked->method == mcp::list_method(mcp::offer_kind::tool))
    return say(list_of(*api_));
  if (asked->method != "tools/call")
    return say(openapi::write_no_method());
  auto one = std::find_if(api_->operations.begin(), api_->operations.end(),
                          [&](auto& x) { return x.name == asked->name; });
  if (one == api_->operations.end())
    return say(openapi::write_refusal("there is no such tool any more"));
  auto request
    = openapi::write_request(*one, arguments_of(*asked), api_->shown, key_);
  if (!request)
    return say(openapi::write_refusal(request.error().detail));
  return begin(site_, order_of(which, std::move(*request)),
               std::make_unique<in_other_words>(std::move(listener)));
}

} // namespace caisson::upstream
