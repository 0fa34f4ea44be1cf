#include "protocol/dialects/encode.hpp"
#include "protocol/json/write.hpp"
#include "protocol/stable_hash.hpp"

namespace caisson::protocol {
namespace {

constexpr std::string_view usage_wish
  = R"(,"stream_options":{"include_usage":true})";

/// The older name of a limit, where a front has written it, and the newer.
constexpr std::string_view old_limit = R"("max_tokens")";
constexpr std::string_view new_limit = R"("max_completion_tokens")";

/// What the pieces of the body point into.
struct pieces {
  std::shared_ptr<const chat_request> request;
  std::string model;     ///< as JSON string
  std::string cache_key; ///< a member, after its comma
};

/// Shorter requests are not cached (1024 tokens, of about four bytes each).
constexpr std::size_t shortest_cached = 4 * 1024;

/// Sends the requests that begin alike to where their beginning is cached. The
/// key is a number that tells the provider nothing it does not hear anyway: of
/// the caller no more than keeps most apart, too little to guess an address.
std::string cache_key(const chat_request& request,
                      const provider_identity& who) {
  if (!who.prompt_cache || request.has_cache_key()
      || request.body().size() < shortest_cached
      || (request.opening().empty() && request.tools().empty()))
    return {};
  constexpr std::uint64_t crowd = 0xffff;
  auto hash = stable_hash(who.model, mixed(who.caller) & crowd);
  hash = stable_hash(request.opening(), hash);
  hash = stable_hash(request.tools(), hash);
  return R"(,"prompt_cache_key":"caisson-)" + std::to_string(hash) + '"';
}

} // namespace

result<upstream_request>
encode_openai(std::shared_ptr<const chat_request> request,
              const provider_identity& who, bool openai_itself) {
  const auto* origin = request->origin();
  if (origin && origin->flaw)
    return fault{*origin->flaw};
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
  result.body.reserve(6);
  result.body.push_back(body.substr(0, request->model_begin()));
  result.body.emplace_back(kept->model);
  // The model is a member of the outermost object, so another may follow it.
  if (openai_itself && request->stream() && !request->has_stream_options())
    result.body.push_back(usage_wish);
  if (openai_itself) {
    kept->cache_key = cache_key(*request, who);
    if (!kept->cache_key.empty())
      result.body.emplace_back(kept->cache_key);
  }
  auto rest = request->model_end();
  if (openai_itself && origin) {
    result.body.push_back(body.substr(rest, origin->limit - rest));
    result.body.push_back(new_limit);
    rest = origin->limit + old_limit.size();
  }
  result.body.push_back(body.substr(rest));
  kept->request = std::move(request);
  result.owner = std::move(kept);
  return result;
}

} // namespace caisson::protocol
