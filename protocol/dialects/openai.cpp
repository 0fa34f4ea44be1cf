#include "protocol/chat_request.hpp"
#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/read.hpp"
#include "protocol/dialects/vendors.hpp"

namespace caisson::protocol {
namespace {

class openai final : public dialect {
public:
  explicit constexpr openai(bool asks_for_usage)
    : asks_for_usage_(asks_for_usage) {}

  result<upstream_request> encode(std::shared_ptr<const chat_request> request,
                                  const provider_identity& who) const override {
    return encode_openai(std::move(request), who, asks_for_usage_);
  }

  result<upstream_request>
  encode_embeddings(const std::shared_ptr<const embeddings_request>& request,
                    const provider_identity& who) const override {
    return encode_openai_embeddings(request, who);
  }

  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override {
    return classify_reply(status, retry_after, date, body);
  }

  std::unique_ptr<reply_reader>
  reader(std::shared_ptr<const chat_request> request,
         const provider_identity&) const override {
    return read_openai(asks_for_usage_ && !request->wants_usage());
  }

  std::unique_ptr<reply_reader>
  embeddings_reader(const embeddings_request& request,
                    const provider_identity&) const override {
    return read_openai_embeddings(request.count());
  }

private:
  bool asks_for_usage_;
};

} // namespace

const dialect& openai_dialect() noexcept {
  static const openai instance{true};
  return instance;
}

const dialect& openai_compatible_dialect() noexcept {
  static const openai instance{false};
  return instance;
}

} // namespace caisson::protocol
