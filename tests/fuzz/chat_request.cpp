// A client's body, as it is: read, put into words, said in every dialect.

#include "protocol/chat_request.hpp"

#include "protocol/conversation.hpp"
#include "protocol/dialect.hpp"
#include "protocol/http/strict.hpp"
#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using protocol::chat_request;
using protocol::upstream_request;

namespace {

constexpr protocol::provider_identity who{"sk-KEY-OF-THE-NODE", "gemini-3-pro"};

bool clients_mistake(const fault& what) {
  return what.code == errc::validation_schema
         || what.code == errc::validation_constraint;
}

void must_refuse(const fault& what) {
  must(clients_mistake(what), "a bad body is the client's mistake");
  must(!contains(what.param, canary), "a param is a name of ours");
  must_be_safe(what);
}

void check_request(const chat_request& request, std::string_view came) {
  auto text = request.body();
  if (request.cache_wish())
    must(text.size() < came.size(), "a wish of the node's own is cut out");
  else
    must(text == came, "the body stays as it came");
  auto value = json_of(text);
  must(value && value->is_object(), "what is accepted is a JSON object");
  auto& body = value->as_object();
  auto& model = body.at("model").as_string();
  must(std::string_view{model} == request.model(),
       "the model is the one named");
  must(!request.cache_wish() || !body.contains("cache"),
       "a wish of the node's own is cut out");
  auto token = text.substr(request.model_begin(),
                           request.model_end() - request.model_begin());
  auto named = json_of(token);
  must(named && *named == model && token.front() == '"' && token.back() == '"',
       "the model's token is where it is said to be");
  must(!body.at("messages").as_array().empty(), "there is a message");
  auto stream = body.if_contains("stream");
  must(request.stream() == (stream && *stream == true),
       "a stream is asked for");
}

void check_words(const chat_request& request) {
  auto& words = request.words();
  if (words.flaw)
    return must_refuse(*words.flaw);
  for (auto& turn : words.turns)
    must(!turn.parts.empty(), "a turn has parts");
}

void check_fields(std::string_view fields) {
  while (!fields.empty()) {
    auto end = fields.find("\r\n");
    must(end != fields.npos, "a field line ends in CRLF");
    auto line = fields.substr(0, end);
    must(line.find(": ") != line.npos && http::safe_field_value(line),
         "a field line is one");
    fields.remove_prefix(end + 2);
  }
}

void check_encoded(std::string_view kind, const upstream_request& said) {
  must(said.target.starts_with('/')
         && said.target.find_first_of(" #\r\n") == std::string::npos
         && http::safe_field_value(said.target),
       "a target is one");
  check_fields(said.fields);
  std::string body;
  for (auto piece : said.body)
    body += piece;
  must(!contains(body, who.api_key) && !contains(said.target, who.api_key),
       "the key goes in a field alone");
  auto value = json_of(body);
  must(value && value->is_object(), "a provider is sent a JSON object");
  auto& root = value->as_object();
  if (kind != "google")
    must(std::string_view{root.at("model").as_string()} == who.model,
         "a provider is asked for its model");
  if (kind == "anthropic")
    must(!root.at("messages").as_array().empty()
           && root.at("max_tokens").as_int64() > 0,
         "Anthropic gets messages and a limit");
  if (kind == "google")
    must(!root.at("contents").as_array().empty(), "Gemini gets contents");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  if (contains(text, who.api_key))
    return 0;
  auto request = chat_request::read(text);
  if (!request) {
    must_refuse(request.error());
    return 0;
  }
  check_request(**request, text);
  check_words(**request);
  for (auto kind : {"openai", "openai_compatible", "anthropic", "google"}) {
    auto said = protocol::dialect_for(kind)->encode(*request, who);
    if (said)
      check_encoded(kind, *said);
    else
      must_refuse(said.error());
  }
  return 0;
}
