#include <ctime>

#include "protocol/chat_request.hpp"
#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/read.hpp"
#include "protocol/dialects/vendors.hpp"

namespace caisson::protocol {
namespace {

class anthropic final : public dialect {
public:
  result<upstream_request> encode(std::shared_ptr<const chat_request> request,
                                  const provider_identity& who) const override {
    return encode_anthropic(request, who);
  }

  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override {
    return classify_reply(status, retry_after, date, body);
  }

  std::unique_ptr<reply_reader>
  reader(std::shared_ptr<const chat_request> request,
         const provider_identity& who) const override {
    return read_anthropic(std::string{who.model}, std::time(nullptr),
                          request->wants_usage(),
                          request->client() == wire::anthropic);
  }
};

} // namespace

const dialect& anthropic_dialect() noexcept {
  static const anthropic instance;
  return instance;
}

} // namespace caisson::protocol
