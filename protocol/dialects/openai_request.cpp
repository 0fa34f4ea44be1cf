#include "protocol/dialects/encode.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

constexpr std::string_view usage_wish
  = R"(,"stream_options":{"include_usage":true})";

/// What the pieces of the body point into.
struct pieces {
  std::shared_ptr<const chat_request> request;
  std::string model; ///< as JSON string
};

} // namespace

result<upstream_request>
encode_openai(std::shared_ptr<const chat_request> request,
              const provider_identity& who, bool request_stream_usage) {
  auto kept = std::make_shared<pieces>();
  json::append_string(kept->model, who.model);
  const auto body = request->body();
  upstream_request result;
  result.target = "/chat/completions";
  result.fields = json_fields(request->stream());
  if (!who.api_key.empty()) {
    result.fields += "Authorization: Bearer ";
    result.fields += who.api_key;
    result.fields += "\r\n";
  }
  result.body.reserve(4);
  result.body.push_back(body.substr(0, request->model_begin()));
  result.body.emplace_back(kept->model);
  // The model is a member of the outermost object, so another may follow it.
  if (request_stream_usage && request->stream()
      && !request->has_stream_options())
    result.body.push_back(usage_wish);
  result.body.push_back(body.substr(request->model_end()));
  kept->request = std::move(request);
  result.owner = std::move(kept);
  return result;
}

} // namespace caisson::protocol
