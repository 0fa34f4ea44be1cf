#include <ctime>

#include "protocol/chat_request.hpp"
#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/google_request.hpp"
#include "protocol/dialects/read.hpp"
#include "protocol/dialects/vendors.hpp"

namespace caisson::protocol {
namespace {

class google final : public dialect {
public:
  result<upstream_request> encode(std::shared_ptr<const chat_request> request,
                                  const provider_identity& who) const override {
    return encode_google(request, who);
  }

  result<upstream_request>
  encode_embeddings(const std::shared_ptr<const embeddings_request>& request,
                    const provider_identity& who) const override {
    return encode_google_embeddings(*request, who);
  }

  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override {
    return classify_reply(status, retry_after, date, body);
  }

  std::unique_ptr<reply_reader>
  reader(std::shared_ptr<const chat_request> request,
         const provider_identity& who) const override {
    return read_google(std::string{who.model}, std::time(nullptr),
                       request->wants_usage());
  }

  std::unique_ptr<reply_reader>
  embeddings_reader(const embeddings_request& request,
                    const provider_identity& who) const override {
    return read_google_embeddings(request.count(), request.format(),
                                  std::string{who.model});
  }

  std::string prefix(const chat_request& request,
                     const provider_identity& who) const override {
    const auto& words = request.words();
    if (!who.prompt_cache || words.flaw)
      return {};
    return google_words::prefix_of(words);
  }

  keeping keep(const std::string& prefix, std::chrono::seconds life,
               const provider_identity& who) const override {
    return google_words::keep(prefix, life, who);
  }
};

} // namespace

const dialect& google_dialect() noexcept {
  static const google instance;
  return instance;
}

} // namespace caisson::protocol
