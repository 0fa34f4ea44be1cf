#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/embeddings_reply.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

/// What the pieces of the body point into.
struct pieces {
  std::shared_ptr<const embeddings_request> request;
  std::string model; ///< as JSON string
};

class openai_embeddings_reader final : public unstreamed_reader {
public:
  explicit openai_embeddings_reader(std::size_t count) : count_(count) {}

  result<whole_reply> whole(std::string_view body) override {
    embeddings_summary seen;
    if (!summarize(body, seen))
      return undecodable("the provider's reply is not valid JSON");
    if (!seen.has_data && seen.has_error)
      return fault_of_event(body);
    if (seen.count != count_)
      return undecodable(
        "the provider's reply has not a vector for each input");
    usage_ = seen.usage;
    whole_reply reply;
    reply.body = body;
    reply.passed_through = true;
    reply.usage = usage_;
    return reply;
  }

private:
  std::size_t count_;
};

} // namespace

result<upstream_request>
encode_openai_embeddings(std::shared_ptr<const embeddings_request> request,
                         const provider_identity& who) {
  auto kept = std::make_shared<pieces>();
  json::append_string(kept->model, who.model);
  const auto body = request->body();
  upstream_request result;
  result.target = "/embeddings";
  result.fields = json_fields(false);
  if (!who.api_key.empty())
    add_field(result.fields, "Authorization",
              "Bearer " + std::string{who.api_key});
  result.body = {body.substr(0, request->model_begin()), kept->model,
                 body.substr(request->model_end())};
  kept->request = std::move(request);
  result.owner = std::move(kept);
  return result;
}

std::unique_ptr<reply_reader> read_openai_embeddings(std::size_t count) {
  return std::make_unique<openai_embeddings_reader>(count);
}

} // namespace caisson::protocol
