#include "protocol/fronts/front.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/fronts/messages_reply.hpp"
#include "protocol/fronts/messages_request.hpp"

namespace caisson::protocol {
namespace {

result<std::shared_ptr<const chat_request>> read_openai(std::string body,
                                                        std::string_view) {
  return chat_request::read(std::move(body));
}

constexpr front openai{wire::openai, "", read_openai, nullptr};

constexpr front anthropic{wire::anthropic, "anthropic-beta",
                          read_messages_request, write_messages_reply};

} // namespace

const front& front_of(wire client) noexcept {
  return client == wire::anthropic ? anthropic : openai;
}

} // namespace caisson::protocol
